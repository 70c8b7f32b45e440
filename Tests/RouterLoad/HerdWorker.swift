import ControlProtocol
import Messaging
import Scheduling

/// A worker that says what a worker says, by the real machine, and copies nothing.
actor HerdWorker {
    private let name: WorkerName
    private let dealer: DealerEndpoint
    private let report: AsyncStream<ContinuousClock.Instant>.Continuation
    private let incarnation = Incarnation.random()
    private var machine = WorkerMachine(slots: 1, now: .now)
    private var shards: [LeaseID: ShardID] = [:]
    private var sequence: UInt64 = 0
    private var wasConnecting = true
    private var isGranted = false

    init(
        name: String,
        dealer: DealerEndpoint,
        report: AsyncStream<ContinuousClock.Instant>.Continuation
    ) {
        self.name = WorkerName(rawValue: name)
        self.dealer = dealer
        self.report = report
    }

    /// Works until the process ends.
    func run() async {
        Task {
            for await message in self.dealer.incoming { await self.receive(message) }
        }
        while !Task.isCancelled {
            await self.tick()
            // Coarser than a real worker's 100 ms: a thousand of them share two cores here with what is measured.
            try? await Task.sleep(for: .milliseconds(.random(in: 300...500)))
        }
    }

    /// What it held is gone with the coordinator that granted it.
    func forgetLeases() {
        let timers = self.machine.timers
        self.machine = WorkerMachine(slots: 1, timers: timers, now: .now)
        self.shards = [:]
        self.isGranted = false
    }

    private func tick() async {
        let isConnecting = await self.dealer.isConnecting
        if self.wasConnecting, !isConnecting { await self.hello() }
        self.wasConnecting = isConnecting
        for action in self.machine.tick(now: .now) {
            switch action {
            case .sayHello:
                await self.hello()
            case .ping:
                await self.ping()
            case .reconnect:
                // It fails only when the process is short of descriptors, which the script looked after.
                if !isConnecting { try? await self.dealer.reconnect() }
            case .lookForCoordinator:
                break
            case .renew(let leases):
                _ = self.machine.renewed(asked: leases, kept: Set(leases), sent: .now)
            case .report, .cancel, .leave:
                break
            }
        }
    }

    private func receive(_ message: IncomingFrames) async {
        // What can't be read is the coordinator's mistake, and shows as a worker that is granted nothing.
        guard let envelope = try? FrameCodec.decodeCoordinatorMessage(message.frames) else { return }
        switch envelope.message {
        case .welcome(let welcome):
            self.machine.welcomed(timers: welcome.timers.workerTimers, now: .now)
            await self.ping()
        case .lease(let lease):
            if case .start = self.machine.leased(lease.assignment, now: .now) { self.shards[lease.lease] = lease.shard }
            if !self.isGranted { self.report.yield(.now) }
            self.isGranted = true
        case .reject(let reject):
            if !reject.isFatal { self.machine.askedForHello(now: .now) }
        case .revoke(let revoke):
            _ = self.machine.revoked(revoke.lease, now: .now)
        case .acknowledge(let acknowledgement):
            self.machine.acknowledged(acknowledgement.lease, now: .now)
            self.shards[acknowledgement.lease] = nil
        case .drain, .pong:
            self.machine.heard(now: .now)
        }
    }

    private func hello() async {
        await self.say(
            .hello(
                Hello(
                    build: "herd",
                    host: "herd",
                    pid: 1,
                    slots: 1,
                    held: self.shards.map { HeldLease(lease: $0.key, shard: $0.value) }
                )
            )
        )
    }

    private func ping() async {
        let held = self.shards.map { LeaseProgress(lease: $0.key, shard: $0.value, rows: 0, bytes: 0) }
        await self.say(
            .ping(
                Ping(capacity: self.machine.capacity, state: .running, held: held, counters: WorkerCounters())
            )
        )
    }

    private func say(_ message: WorkerMessage) async {
        if await self.dealer.isConnecting { return }
        self.sequence += 1
        let header = MessageHeader(
            run: nil,
            term: nil,
            worker: self.name,
            incarnation: self.incarnation,
            sequence: self.sequence
        )
        // These always encode.
        guard let frames = try? FrameCodec.encode(Envelope(header: header, message: message)) else { return }
        _ = await self.dealer.send(frames)
    }
}
