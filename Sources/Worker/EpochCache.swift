/// Values that all slots need and one of them reads, once per key and epoch.
actor EpochCache<Key: Hashable & Sendable, Value: Sendable> {
    private var entries: [Key: Entry] = [:]

    /// The value of a key, as it was at the epoch or later; who asks while it is being read waits for the same read.
    ///
    /// A read that failed is forgotten, so that the next one who asks tries again.
    func value(
        of key: Key,
        epoch: Int,
        _ read: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        if let entry = self.entries[key], entry.epoch >= epoch { return try await entry.reading.value }
        // No child task: others wait for it as well, and the slot that began it may be cancelled.
        let reading = Task { try await read() }
        self.entries[key] = Entry(epoch: epoch, reading: reading)
        do {
            return try await reading.value
        } catch {
            if self.entries[key]?.reading == reading { self.entries[key] = nil }
            throw error
        }
    }

    /// A value that is being read or has been.
    private struct Entry {
        let epoch: Int
        let reading: Task<Value, any Error>
    }
}
