/// What a worker has done since it started.
///
/// All but `memoryBytes` and `batchBytes` only grow, so a lost PING loses nothing.
package struct WorkerCounters: Codable, Equatable, Sendable {
    package var rowsRead = 0
    package var rowsMigrated = 0
    package var rowsRejected = 0
    package var bytesRead = 0
    package var bytesWritten = 0
    package var batches = 0
    package var shardsDone = 0
    package var shardsFailed = 0
    package var readSeconds = 0.0
    package var transformSeconds = 0.0
    package var writeSeconds = 0.0
    package var commitSeconds = 0.0
    /// Resident at most so far.
    package var memoryBytes = 0
    /// What a batch of the slot with the smallest ones may hold now; 0 before the first.
    package var batchBytes = 0
    package var lookupHits = 0
    package var lookupMisses = 0

    package init() {}

    /// A counter that is missing is zero: workers of the version before may not know it.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.rowsRead = try container.decodeIfPresent(Int.self, forKey: .rowsRead) ?? 0
        self.rowsMigrated = try container.decodeIfPresent(Int.self, forKey: .rowsMigrated) ?? 0
        self.rowsRejected = try container.decodeIfPresent(Int.self, forKey: .rowsRejected) ?? 0
        self.bytesRead = try container.decodeIfPresent(Int.self, forKey: .bytesRead) ?? 0
        self.bytesWritten = try container.decodeIfPresent(Int.self, forKey: .bytesWritten) ?? 0
        self.batches = try container.decodeIfPresent(Int.self, forKey: .batches) ?? 0
        self.shardsDone = try container.decodeIfPresent(Int.self, forKey: .shardsDone) ?? 0
        self.shardsFailed = try container.decodeIfPresent(Int.self, forKey: .shardsFailed) ?? 0
        self.readSeconds = try container.decodeIfPresent(Double.self, forKey: .readSeconds) ?? 0
        self.transformSeconds = try container.decodeIfPresent(Double.self, forKey: .transformSeconds) ?? 0
        self.writeSeconds = try container.decodeIfPresent(Double.self, forKey: .writeSeconds) ?? 0
        self.commitSeconds = try container.decodeIfPresent(Double.self, forKey: .commitSeconds) ?? 0
        self.memoryBytes = try container.decodeIfPresent(Int.self, forKey: .memoryBytes) ?? 0
        self.batchBytes = try container.decodeIfPresent(Int.self, forKey: .batchBytes) ?? 0
        self.lookupHits = try container.decodeIfPresent(Int.self, forKey: .lookupHits) ?? 0
        self.lookupMisses = try container.decodeIfPresent(Int.self, forKey: .lookupMisses) ?? 0
    }

    func validate() throws(ProtocolError) {
        try Limits.check(
            amounts: self.rowsRead,
            self.rowsMigrated,
            self.rowsRejected,
            self.bytesRead,
            self.bytesWritten,
            self.batches,
            self.shardsDone,
            self.shardsFailed,
            self.memoryBytes,
            self.batchBytes,
            self.lookupHits,
            self.lookupMisses,
            field: "counters"
        )
        try Limits.check(
            seconds: self.readSeconds,
            self.transformSeconds,
            self.writeSeconds,
            self.commitSeconds,
            field: "counters"
        )
    }
}
