import ControlProtocol
import FoundationEssentials
import Scheduling

/// One message of every kind, with every field set to something that is not its default; and some that leave out what may
/// be left out.
enum Samples {
    static let header = MessageHeader(
        run: RunID(rawValue: uuid(1)),
        term: Term(rawValue: uuid(2)),
        worker: WorkerName(rawValue: "host-1"),
        incarnation: Incarnation(rawValue: uuid(3)),
        sequence: .max
    )
    static let leaseID = LeaseID(rawValue: uuid(4))
    static let shard = ShardID(rawValue: 1742)
    static let snapshot = "00000003-0000001B-1"
    static let lease = Lease(
        lease: leaseID,
        shard: shard,
        kind: .copy,
        entity: EntityName(rawValue: "orders"),
        range: KeyRange(lower: .min, upper: nil),
        attempt: 2,
        epoch: 7,
        snapshot: snapshot,
        snapshotNumber: 2,
        planRevision: 3,
        merges: true
    )

    static let workerMessages: [WorkerMessage] = [
        .hello(
            Hello(
                build: "0.1.0",
                host: "hôst \"quoted\" \\ / \u{0}\u{1F426}",
                pid: 4_711,
                slots: 8,
                planHash: "abc",
                held: [HeldLease(lease: leaseID, shard: shard)],
                snapshot: snapshot,
                snapshotNumber: 2
            )
        ),
        .hello(Hello(build: "", host: "", pid: 0, slots: 1)),
        .ping(
            Ping(
                capacity: 3,
                state: .draining,
                held: [LeaseProgress(lease: leaseID, shard: shard, rows: 1 << 51, bytes: 1)],
                counters: counters,
                snapshot: snapshot,
                snapshotNumber: 2
            )
        ),
        .ping(Ping(capacity: 0, state: .running, held: [], counters: WorkerCounters())),
        .done(
            Done(
                lease: leaseID,
                shard: shard,
                counts: ShardCounts(source: 10, migrated: 7, rejected: 2, filtered: 1),
                seconds: 1.25
            )
        ),
        .failed(
            Failed(
                lease: leaseID,
                shard: shard,
                errorClass: .surroundings,
                sqlState: "57P01",
                side: .target,
                message: "COPY orders failed:\nterminating connection"
            )
        ),
        .bye(Bye(released: [leaseID])),
    ]

    static let coordinatorMessages: [CoordinatorMessage] = [
        .welcome(
            Welcome(
                protocolVersion: 1,
                timers: Timers(WorkerTimers(ping: .milliseconds(1_500))),
                run: RunID(rawValue: uuid(1)),
                snapshot: snapshot,
                snapshotNumber: 2
            )
        ),
        .reject(Reject(code: .unknownWorker, message: "say HELLO", isFatal: false, retrySeconds: 0.5)),
        .lease(lease),
        .acknowledge(Acknowledgement(lease: leaseID)),
        .revoke(Revoke(lease: leaseID, reason: "expired")),
        .drain(Drain(deadlineSeconds: 25)),
        .pong(Pong(echo: 12, snapshot: snapshot, snapshotNumber: 2)),
        .pong(Pong(echo: 0)),
        .pong(Pong(echo: 1, pace: Pace(rowsPerSecond: 1_000.5, bytesPerSecond: nil, isClosed: false, seconds: 7))),
        .pong(Pong(echo: 2, pace: Pace(rowsPerSecond: nil, bytesPerSecond: 0, isClosed: true, seconds: 7))),
        .pong(Pong(echo: 13, yields: [1, 64].map { YieldRequest(lease: leaseID, parts: $0) })),
    ]

    private static var counters: WorkerCounters {
        var counters = WorkerCounters()
        counters.rowsRead = 1_000_000_007
        counters.memoryBytes = 23 << 20
        counters.batchBytes = 4 << 20
        counters.commitSeconds = 0.1
        counters.lookupMisses = 5
        return counters
    }

    private static func uuid(_ last: UInt8) -> UUID {
        UUID(uuid: (0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, last))
    }
}

extension Samples {
    /// Every sample in frames.
    static func allFrames() throws -> [[[UInt8]]] {
        try self.workerMessages.map { try FrameCodec.encode(Envelope(header: self.header, message: $0)) }
            + self.coordinatorMessages.map { try FrameCodec.encode(Envelope(header: self.header, message: $0)) }
    }
}
