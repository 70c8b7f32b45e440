import Catalog
import ControlProtocol
import ControlStore
import Logging
import Messaging
import MigrationPlan
import Scheduling

/// Leads one run: interprets the run machine's actions, and decides nothing.
actor RunLeader {
    let plan: ResolvedPlan
    let term: Term
    let store: ControlStore
    let router: RouterEndpoint
    /// Nil where there are no keys, on loopback.
    let gate: KeyGate?
    let snapshot: RunSnapshot
    let preparation: EntityPreparation
    let retryPolicy: RetryPolicy
    let timers: WorkerTimers
    let logger: Logger
    let mailbox: AsyncStream<CoordinatorEvent>.Continuation
    private let events: AsyncStream<CoordinatorEvent>

    var run: RunRecord
    var machine: RunMachine
    /// Under which this process exports the run's snapshot; nil while it is being found again.
    var snapshotIdentifier: String?
    var peers: [Incarnation: PeerID] = [:]
    var roster = WorkerRoster()
    var keyBook: KeyBook
    var figures = RunFigures()
    /// Counts the changes of presence; LEASE carries it.
    var epoch: Int
    var sequence: UInt64 = 0
    var schedule = TickSchedule(now: .now)
    /// How the run ended, while the workers are being dismissed.
    var ended: RunSummary?
    var isLeaving = false
    /// nil where the plan has none.
    var breaker: CircuitBreaker?
    var runPause = RunPause() {
        didSet { self.machine.pauseReason = self.runPause.reason }
    }

    init(
        run: RunRecord,
        plan: ResolvedPlan,
        term: Term,
        machine: RunMachine,
        store: ControlStore,
        router: RouterEndpoint,
        gate: KeyGate?,
        keyBook: KeyBook,
        snapshot: RunSnapshot,
        preparation: EntityPreparation,
        timers: WorkerTimers,
        events: AsyncStream<CoordinatorEvent>,
        mailbox: AsyncStream<CoordinatorEvent>.Continuation,
        logger: Logger
    ) async throws {
        self.run = run
        self.plan = plan
        self.term = term
        self.machine = machine
        self.store = store
        self.router = router
        self.gate = gate
        self.keyBook = keyBook
        self.snapshot = snapshot
        self.preparation = preparation
        self.timers = timers
        self.retryPolicy = RetryPolicy(
            attempts: plan.policy.retryAttempts,
            delay: .seconds(plan.policy.retryDelaySeconds)
        )
        self.events = events
        self.mailbox = mailbox
        self.logger = logger
        self.epoch = try await store.advancePresenceEpoch(of: run.id)
        if let breaker = plan.policy.circuitBreaker {
            self.breaker = CircuitBreaker(
                limit: breaker.errorRate,
                minimumRows: breaker.minimumRows,
                accepted: try await store.acceptedErrorRates(of: run.id)
            )
        }
        try await snapshot.hold()
        self.snapshotIdentifier = await snapshot.identifier
    }

    /// How often the loop looks at its schedule; messages are handled as they come.
    private static let tickInterval = Duration.milliseconds(100)

    /// Works until the run has ended and the workers have left, or the process is told to leave.
    func lead() async throws -> RunSummary {
        try await withThrowingDiscardingTaskGroup(returning: RunSummary.self) { group in
            let mailbox = self.mailbox
            let incoming = self.router.incoming
            group.addTask {
                for await frames in incoming { mailbox.yield(.received(frames)) }
            }
            group.addTask {
                // Cancelled with the loop, which is the end of the ticks and no error.
                while (try? await Task.sleep(for: Self.tickInterval)) != nil { mailbox.yield(.tick) }
            }
            try await self.advance(&group)
            for await event in self.events {
                try await self.handle(event, &group)
                if self.isLeaving { break }
            }
            if self.ended?.outcome == .failed { try await self.restoreTriggers() }
            if self.ended != nil { try await self.store.record(self.roster.takeChanges(), of: self.run.id) }
            await self.router.close()
            await self.snapshot.release()
            group.cancelAll()
            return self.ended ?? RunSummary(.paused, "the coordinator was told to leave; resume with the same command")
        }
    }

    private func handle(
        _ event: CoordinatorEvent,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        switch event {
        case .received(let frames):
            try await self.receive(frames)
        case .tick:
            try await self.tick()
        case .prepared(let entity, let failure):
            try await self.prepared(entity, failure: failure)
        case .terminated:
            self.logger.notice("leaving; the workers keep their shards")
            try await self.store.stopLeading()
            self.isLeaving = true
        }
        if !self.isLeaving {
            try await self.advance(&group)
            try await self.grant()
        }
    }
}
