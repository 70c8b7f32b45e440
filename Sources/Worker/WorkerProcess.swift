import Catalog
import ControlProtocol
import ControlStore
import FoundationEssentials
package import Logging
import Messaging
import Observability
import Postgres
import Scheduling

/// A worker process: interprets the worker machine's actions, and decides nothing.
package actor WorkerProcess {
    let configuration: WorkerConfiguration
    let incarnation = Incarnation.random()
    let store: ControlStore
    let keeper: SnapshotKeeper
    let progress = WorkerProgress()
    let pacer = Pacer()
    let slots: [ShardSlot]
    let cancelDesk = CancelDesk()
    let logger: Logger
    let events: AsyncStream<WorkerEvent>
    let mailbox: AsyncStream<WorkerEvent>.Continuation

    var machine: WorkerMachine
    var dealer: DealerEndpoint?
    var connectedTo: Endpoint?
    var run: RunContext?
    /// Attempts that ended and are not acknowledged yet, with what is to be said about them.
    var reports: [LeaseID: WorkerMessage] = [:]
    var shardsOfLeases: [LeaseID: ShardID] = [:]
    var sequence: UInt64 = 0
    var term: Term?
    var lastContact = ContinuousClock.now
    /// Handshakes of the connection after which it has said HELLO.
    var greetedHandshakes = 0
    /// When the log may say again why nobody answers.
    var nextWord = ContinuousClock.now
    var isRenewing = false
    /// The control schema is being asked where the coordinator is.
    var isLooking = false
    /// The coordinator lets in workers with keys only, and this one has none.
    var isKeyMissing = false
    /// The run's plan is being read.
    var isJoining = false
    private var isLeaving = false
    /// When the control schema is asked whether an operator wants this worker to leave, while no coordinator answers.
    var nextDrainLook = ContinuousClock.now
    var refusal: WorkerError?

    package init(_ configuration: WorkerConfiguration, logger: Logger) {
        self.configuration = configuration
        var logger = logger
        logger[.workerID] = "\(configuration.name)"
        self.logger = logger
        self.store = ControlStore(parameters: configuration.target, applicationName: "godwit worker")
        self.keeper = SnapshotKeeper(parameters: configuration.source, applicationName: "godwit snapshot")
        let progress = self.progress
        let pacer = self.pacer
        self.slots = (0..<max(1, configuration.slots))
            .map { number in
                ShardSlot(
                    number: number,
                    source: configuration.source,
                    target: configuration.target,
                    progress: progress,
                    pacer: pacer,
                    logger: logger
                )
            }
        self.machine = WorkerMachine(slots: configuration.slots, now: .now)
        (self.events, self.mailbox) = AsyncStream.makeStream()
    }

    /// Asks the process to leave, as TERM does: the first time it finishes what it is at within ten seconds, the second
    /// time it rolls back at once.
    package nonisolated func terminate() {
        self.mailbox.yield(.terminated)
    }

    /// Asks the process to roll back and leave at once, as INT does.
    package nonisolated func interrupt() {
        self.mailbox.yield(.interrupted)
    }

    /// Works until it is told to leave, or nobody coordinates any more.
    ///
    /// - Throws: `WorkerError`.
    package func work() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { [mailbox] in
                // Cancelled with the loop, which is the end of the ticks and no error.
                while (try? await Task.sleep(for: Self.tickInterval)) != nil { mailbox.yield(.tick) }
            }
            group.addTask { [cancelDesk] in await cancelDesk.work() }
            self.mailbox.yield(.tick)
            for await event in self.events {
                try await self.handle(event, in: &group)
                if case .left = self.machine.mode { break }
            }
            await self.dealer?.close()
            group.cancelAll()
        }
        if let refusal = self.refusal { throw refusal }
    }

    /// How often the machine is asked what the time calls for; well below every timer it keeps, and cheap.
    private static let tickInterval = Duration.milliseconds(100)

    private func handle(_ event: WorkerEvent, in group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        switch event {
        case .received(let frames):
            try await self.receive(frames, in: &group)
        case .tick:
            try await self.tick(in: &group)
        case .ended(let slot, let assignment, let attempt):
            await self.attemptEnded(slot: slot, assignment, attempt)
        case .renewed(let asked, let kept, let sent):
            self.isRenewing = false
            for slot in self.machine.renewed(asked: asked, kept: kept, sent: sent) {
                self.cancelDesk.cancel(self.slots[slot].control)
            }
        case .snapshotHeld(let identifier, let imported, let number):
            await self.snapshotHeld(identifier, imported: imported, number: number)
        case .revised(let lease, let run, let revised):
            await self.revised(lease, run, revised, in: &group)
        case .drainAsked(let request):
            self.drainAsked(within: request.remaining)
        case .located(let endpoint, let isKeyMissing):
            try await self.located(endpoint, isKeyMissing: isKeyMissing, in: &group)
        case .joined(let welcome, let context):
            try self.joined(welcome, context, in: &group)
        case .terminated where !self.isLeaving:
            self.isLeaving = true
            self.logger.notice("leaving after the running shards; a second signal rolls them back")
            self.machine.drain(deadline: .now + Self.drainTime)
        case .terminated, .interrupted:
            self.isLeaving = true
            self.logger.notice("rolling back and leaving")
            for slot in self.machine.stop() { self.cancelDesk.cancel(self.slots[slot].control) }
        }
    }

    /// What running shards have at TERM before they are rolled back; systemd and Kubernetes kill after 30 s or more, so
    /// safe up to 25 s.
    private static let drainTime = Duration.seconds(10)
}
