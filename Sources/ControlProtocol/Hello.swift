package import Scheduling

/// HELLO: a worker introduces itself, at its start and whenever the coordinator asks.
package struct Hello: MessageBody {
    package var protocols: ProtocolVersions
    /// The version of its binary, for the operator.
    package var build: String
    package var host: String
    package var pid: Int32
    /// Shards it works on at once.
    package var slots: Int
    /// The plan it was started for; nil when it takes any.
    package var planHash: String?
    /// Leases it has from before, so that a coordinator that restarted need not wait for them to expire.
    package var held: [HeldLease]
    /// The id under which it can hand on the source's snapshot; nil when it holds none.
    package var snapshot: String?
    /// Its number in the run; a holder of a lower one imports anew.
    package var snapshotNumber: Int?

    package init(
        protocols: ProtocolVersions = .supported,
        build: String,
        host: String,
        pid: Int32,
        slots: Int,
        planHash: String? = nil,
        held: [HeldLease] = [],
        snapshot: String? = nil,
        snapshotNumber: Int? = nil
    ) {
        self.protocols = protocols
        self.build = Limits.clip(build, to: Limits.nameBytes)
        self.host = Limits.clip(host, to: Limits.nameBytes)
        self.pid = pid
        self.slots = slots
        self.planHash = planHash
        self.held = held
        self.snapshot = snapshot
        self.snapshotNumber = snapshotNumber
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(self.build, "build")
        try Limits.check(self.host, "host")
        try Limits.check(self.planHash, "planHash")
        try Limits.check(self.snapshot, "snapshot")
        try Limits.check(amounts: self.snapshotNumber ?? 0, field: "snapshotNumber")
        try Limits.check(count: self.held.count, "held")
        guard (1...Limits.listed).contains(self.slots) else {
            throw ProtocolError(.invalidValue, "slots is not between 1 and \(Limits.listed)")
        }
        guard self.protocols.minimum <= self.protocols.maximum else {
            throw ProtocolError(.invalidValue, "protocols has its ends the wrong way round")
        }
    }
}

/// A lease a worker says it holds.
package struct HeldLease: Codable, Equatable, Sendable {
    package var lease: LeaseID
    package var shard: ShardID

    package init(lease: LeaseID, shard: ShardID) {
        self.lease = lease
        self.shard = shard
    }
}
