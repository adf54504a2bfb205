//! A map that outside data fills and that still ends: two generations, the older of which is dropped when the
//! younger one is full. What is asked for stays.

use std::collections::HashMap;

/// Values by key, within a number of entries and a number of bytes.
#[derive(Debug)]
pub(super) struct Generations<V> {
    young: HashMap<Box<[u8]>, Kept<V>>,
    old: HashMap<Box<[u8]>, Kept<V>>,
    young_bytes: usize,
    /// Entries and bytes of one generation.
    most: (usize, usize),
    evicted: u64,
}

#[derive(Debug)]
struct Kept<V> {
    value: V,
    bytes: usize,
}

impl<V> Generations<V> {
    /// An empty map of at most so many entries and bytes.
    pub(super) fn new(entries: usize, bytes: usize) -> Self {
        let most = ((entries / 2).max(1), (bytes / 2).max(1));
        Self { young: HashMap::new(), old: HashMap::new(), young_bytes: 0, most, evicted: 0 }
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key)).map(|kept| &kept.value)
    }

    /// Whether `key` is there; then it counts as new.
    pub(super) fn touch(&mut self, key: &[u8]) -> bool {
        if self.young.contains_key(key) {
            return true;
        }
        let Some((key, kept)) = self.old.remove_entry(key) else { return false };
        self.put(key, kept);
        true
    }

    /// Puts `value`, of that many bytes, in place of what `key` has.
    pub(super) fn insert(&mut self, key: &[u8], value: V, bytes: usize) {
        self.old.remove(key);
        self.put(key.into(), Kept { value, bytes: key.len() + bytes });
    }

    fn put(&mut self, key: Box<[u8]>, kept: Kept<V>) {
        if let Some(before) = self.young.remove(&key) {
            self.young_bytes -= before.bytes;
        }
        let is_full = self.young.len() >= self.most.0
            || self.young_bytes.saturating_add(kept.bytes) > self.most.1;
        if is_full && !self.young.is_empty() {
            self.evicted += self.old.len() as u64;
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += kept.bytes;
        self.young.insert(key, kept);
    }

    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Entries it may hold.
    pub(super) fn most(&self) -> usize {
        2 * self.most.0
    }

    /// Entries that had to leave.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_without_end_do_not_fill_the_memory_and_what_is_asked_for_stays() {
        let mut map = Generations::new(100, 1 << 20);
        map.insert(b"kept", (), 0);
        for number in 0..1_000 {
            map.insert(format!("key {number}").as_bytes(), (), 0);
            assert!(map.touch(b"kept"), "{number}");
            assert!(map.len() <= 100);
        }
        assert!(map.get(b"key 999").is_some() && map.get(b"key 0").is_none());
        assert_eq!(map.evicted() as usize + map.len(), 1_001);
    }

    #[test]
    fn long_values_do_not_fill_the_memory() {
        let mut map = Generations::new(1_000_000, 1_000);
        for number in 0..100 {
            map.insert(format!("{number}").as_bytes(), vec![0; 90], 90);
            assert!(map.len() <= 12, "{}", map.len());
        }
        for _ in 0..100 {
            map.insert(b"99", vec![0; 90], 90);
        }
        assert_eq!(map.evicted() as usize + map.len(), 100, "a value put in place evicts nothing");
    }
}
