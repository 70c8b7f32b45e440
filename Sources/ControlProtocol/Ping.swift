package import Scheduling

/// PING: a worker is alive and says all the coordinator would need to know if it had just started.
package struct Ping: MessageBody {
    /// Shards it can work on at once, those it works on included; 0 while it takes none.
    package var capacity: Int
    package var state: WorkerState
    /// Every lease it holds; what is missing here it does not have, whatever was sent.
    package var held: [LeaseProgress]
    package var counters: WorkerCounters
    /// The id under which it can hand on the source's snapshot; nil when it holds none.
    package var snapshot: String?
    /// Its number in the run; a holder of a lower one imports anew.
    package var snapshotNumber: Int?

    package init(
        capacity: Int,
        state: WorkerState,
        held: [LeaseProgress],
        counters: WorkerCounters,
        snapshot: String? = nil,
        snapshotNumber: Int? = nil
    ) {
        self.capacity = capacity
        self.state = state
        self.held = held
        self.counters = counters
        self.snapshot = snapshot
        self.snapshotNumber = snapshotNumber
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(amounts: self.capacity, field: "capacity")
        try Limits.check(count: self.held.count, "held")
        try Limits.check(self.snapshot, "snapshot")
        try Limits.check(amounts: self.snapshotNumber ?? 0, field: "snapshotNumber")
        try self.counters.validate()
        for lease in self.held {
            try Limits.check(amounts: lease.rows, lease.bytes, field: "held")
        }
    }
}

/// How far a worker is with a shard; nothing of it is committed before the shard is done.
package struct LeaseProgress: Codable, Equatable, Sendable {
    package var lease: LeaseID
    package var shard: ShardID
    package var rows: Int
    package var bytes: Int

    package init(lease: LeaseID, shard: ShardID, rows: Int, bytes: Int) {
        self.lease = lease
        self.shard = shard
        self.rows = rows
        self.bytes = bytes
    }
}

/// Whether a worker takes work.
package enum WorkerState: String, Codable, Sendable {
    case running
    /// It finishes what it holds and leaves.
    case draining
}
