import ControlProtocol
import Glibc
import Scheduling

/// A worker of one slot that says what a worker says, and has every shard done at once.
struct PoolWorker: ~Copyable {
    private(set) var dealer: PlainDealer
    private let name: WorkerName
    private let incarnation = Incarnation.random()
    /// What it has, until its DONE is acknowledged.
    private var held: (lease: LeaseID, shard: ShardID)?
    /// When it said DONE last; nil while it is at work.
    private var reported: ContinuousClock.Instant?
    private var sequence: UInt64 = 0
    private var nextPing: ContinuousClock.Instant
    /// A PING without a shard, ready to go.
    private var idlePing: [UInt8] = []

    var descriptor: Int32 { self.dealer.descriptor }

    init(number: Int, dealer: consuming PlainDealer) {
        self.name = WorkerName(rawValue: "pool-\(number)")
        self.dealer = dealer
        self.nextPing = .now + .seconds(3600)
        self.idlePing = self.bytes(self.ping())
        self.hello()
    }

    /// Takes in what has come.
    ///
    /// - Parameter granted: Is told of each shard that it has got.
    /// - Returns: Whether the coordinator is there still.
    mutating func receive(_ granted: (LeaseID, ShardID) -> Void) -> Bool {
        var messages: [[[UInt8]]] = []
        let isThere = self.dealer.receive { messages.append($0) }
        for frames in messages { self.take(frames, granted) }
        return isThere
    }

    /// Says that its shard is done.
    mutating func report() {
        guard let held = self.held else { return }
        self.reported = .now
        let counts = ShardCounts(source: 10, migrated: 10, rejected: 0, filtered: 0)
        self.dealer.write(self.bytes(.done(Done(lease: held.lease, shard: held.shard, counts: counts, seconds: 0))))
    }

    /// Pings when it is time, and says DONE again where nobody has acknowledged it.
    mutating func tick(_ now: ContinuousClock.Instant) {
        guard now >= self.nextPing else { return }
        self.nextPing = now + .milliseconds(.random(in: 1_600...2_400))
        self.dealer.write(self.held == nil ? self.idlePing : self.bytes(self.ping()))
        if let reported = self.reported, now - reported > Self.patience { self.report() }
    }

    /// After so long a real worker repeats a DONE.
    private static let patience = Duration.seconds(2)

    private mutating func take(_ frames: [[UInt8]], _ granted: (LeaseID, ShardID) -> Void) {
        guard frames.count == 3 else { return }
        // Most messages; what they say besides is nothing to a worker that copies nothing.
        if Self.contains(frames[1], "\"PONG\"") { return }
        if Self.contains(frames[1], "\"ACK\"") {
            guard let held = self.held, Self.contains(frames[2], held.lease.description) else { return }
            self.held = nil
            self.reported = nil
            return
        }
        // What can't be read is the coordinator's mistake, and shows as a worker that is granted nothing.
        guard let envelope = try? FrameCodec.decodeCoordinatorMessage(frames) else { return }
        switch envelope.message {
        case .welcome:
            self.dealer.write(self.bytes(self.ping()))
            self.nextPing = .now + .milliseconds(.random(in: 0...2_000))
        case .lease(let lease):
            // The next one may overtake the last one's ACK, and the same may come twice.
            guard self.held?.lease != lease.lease else { return }
            self.held = (lease.lease, lease.shard)
            self.reported = nil
            granted(lease.lease, lease.shard)
        case .reject(let reject):
            if !reject.isFatal { self.hello() }
        case .revoke(let revoke):
            if self.held?.lease == revoke.lease { self.held = nil }
        case .acknowledge, .drain, .pong:
            break
        }
    }

    private mutating func hello() {
        let held = self.held.map { [HeldLease(lease: $0.lease, shard: $0.shard)] } ?? []
        self.dealer.write(self.bytes(.hello(Hello(build: "pool", host: "here", pid: 1, slots: 1, held: held))))
    }

    private func ping() -> WorkerMessage {
        let held = self.held.map { [LeaseProgress(lease: $0.lease, shard: $0.shard, rows: 0, bytes: 0)] } ?? []
        return .ping(Ping(capacity: 1, state: .running, held: held, counters: WorkerCounters()))
    }

    private mutating func bytes(_ message: WorkerMessage) -> [UInt8] {
        self.sequence += 1
        let header = MessageHeader(
            run: nil,
            term: nil,
            worker: self.name,
            incarnation: self.incarnation,
            sequence: self.sequence
        )
        // These always encode.
        guard let frames = try? FrameCodec.encode(Envelope(header: header, message: message)) else { return [] }
        return PlainDealer.bytes(of: frames)
    }

    private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        var text = text
        return text.withUTF8 { text in
            guard let first = text.first, bytes.count >= text.count else { return false }
            return bytes.withUnsafeBufferPointer { bytes in
                (0...bytes.count - text.count)
                    .contains { place in
                        bytes[place] == first && memcmp(bytes.baseAddress! + place, text.baseAddress!, text.count) == 0
                    }
            }
        }
    }
}
