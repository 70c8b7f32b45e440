import ControlProtocol
import FoundationEssentials
import Scheduling

/// What honest workers say, some of it about shards that exist.
enum ValidMessages {
    static func header(_ name: String, _ incarnation: Incarnation) -> MessageHeader {
        MessageHeader(run: nil, term: nil, worker: WorkerName(rawValue: name), incarnation: incarnation, sequence: 7)
    }

    /// The frames of one message of every kind, of a few workers.
    static func all() throws -> [[[UInt8]]] {
        try (0..<4).flatMap { number in try Self.messages(of: "fuzz-\(number)", shard: ShardID(rawValue: 1 + number)) }
    }

    private static func messages(of name: String, shard: ShardID) throws -> [[[UInt8]]] {
        let header = Self.header(name, .random())
        let lease = LeaseID.random()
        var counters = WorkerCounters()
        counters.rowsRead = 1 << 51
        let messages: [WorkerMessage] = [
            .hello(
                Hello(build: "0.1.0", host: "here", pid: 1, slots: 2, held: [HeldLease(lease: lease, shard: shard)])
            ),
            .hello(Hello(build: "0.1.0", host: "here", pid: 1, slots: 2, planHash: "abc", snapshot: "00000003-1")),
            .ping(Ping(capacity: 2, state: .running, held: [], counters: WorkerCounters())),
            .ping(
                Ping(
                    capacity: 1,
                    state: .running,
                    held: [LeaseProgress(lease: lease, shard: shard, rows: 5, bytes: 6)],
                    counters: counters,
                    snapshot: "00000003-0000001B-1"
                )
            ),
            .done(
                Done(
                    lease: lease,
                    shard: shard,
                    counts: ShardCounts(source: 10, migrated: 7, rejected: 2, filtered: 1),
                    seconds: 1.25
                )
            ),
            .failed(
                Failed(lease: lease, shard: shard, errorClass: .rows, sqlState: "23505", side: .target, message: "no")
            ),
            .bye(Bye(released: [lease])),
        ]
        return try messages.map { try FrameCodec.encode(Envelope(header: header, message: $0)) }
    }
}
