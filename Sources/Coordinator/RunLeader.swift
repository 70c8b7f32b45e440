import Catalog
import ControlProtocol
import ControlStore
import Logging
import Messaging
import MigrationPlan
import Observability
import Postgres
import Scheduling

/// Leads one run: interprets the run machine's actions, and decides nothing.
actor RunLeader {
    /// As the run's newest revision has it.
    var plan: ResolvedPlan
    /// Hashes of all versions of the plan: a worker that was started for an older one reads the newest.
    var planHashes: Set<String>
    let configuration: CoordinatorConfiguration
    let store: ControlStore
    let keeper: LeadershipKeeper
    let router: RouterEndpoint
    /// What workers are told of where it listens.
    let endpoint: String
    /// Nil where there are no keys, on loopback.
    let gate: KeyGate?
    let snapshot: RunSnapshot
    let preparation: EntityPreparation
    let retryPolicy: RetryPolicy
    let logger: Logger
    let mailbox: AsyncStream<CoordinatorEvent>.Continuation
    private let events: AsyncStream<CoordinatorEvent>
    private let intake = Intake()

    var term: Term
    var run: RunRecord
    var machine: RunMachine
    /// Under which this process exports the run's snapshot; nil while it is being found again.
    var snapshotIdentifier: String?
    /// Its number in the run.
    var snapshotNumber = 0
    var isCheckingSnapshot = false
    /// Statements that wait for the run's tables, as of the last look.
    var waits: [TableWait] = []
    var throttle: Throttle
    let sourceProbe: LoadProbe
    let targetProbe: LoadProbe
    var isLookingAtSource = false
    var isLookingAtTarget = false
    /// Since when the throttle is closed; nil while it is open.
    var closure: Closure?
    /// Of the snapshot that replays wait for; nil while none do.
    var wantedSnapshot: Int?
    var peers: [Incarnation: PeerID] = [:]
    var roster = WorkerRoster()
    var keyBook: KeyBook
    var figures = RunFigures()
    /// Seconds in which the run was led and not paused, under earlier coordinators too.
    var activeSeconds: Double
    /// Until when they are counted.
    var lastActive = ContinuousClock.now
    /// Counts the changes of presence; LEASE carries it.
    var epoch: Int
    var sequence: UInt64 = 0
    /// Messages of this turn; they leave together.
    var outbox: [OutgoingFrames] = []
    var isReadingStatus = false
    var schedule = TickSchedule(now: .now)
    /// When an event was last handled, to notice that the process was stopped meanwhile.
    private var lastTurn = ContinuousClock.now
    /// The target does not answer: nothing is decided until it does.
    var targetOutage: TargetOutage?
    /// Since when workers could be heard: the beginning of the reign, or the end of the last outage.
    var hasListenedSince = ContinuousClock.now
    /// The source does not answer: nothing is granted until it does.
    var sourceOutage: Outage?
    /// The outage before, whose waits go on where it comes back at once.
    var lastRecovery: (outage: TargetOutage, at: ContinuousClock.Instant)?
    /// Entities to prepare, with the time from which.
    var unprepared: [EntityName: ContinuousClock.Instant] = [:]
    /// Entities that are being prepared.
    var preparing: Set<EntityName> = []
    /// Failures whose shards are to be halved, before the source is asked where.
    var uncut: [Cutting] = []
    /// Leases of shards that the source is asked about.
    var cutting: Set<LeaseID> = []
    /// Refreshes statistics beside the leading session.
    let analyst: ControlStore
    /// Entities whose table's statistics are due.
    var unanalyzed: Set<EntityName> = []
    /// Entities whose table is being analysed.
    var analyzing: Set<EntityName> = []
    /// How the run ended, while the workers are being dismissed.
    var ended: RunSummary?
    /// The plan's revision that the audit view was made for; nil before it is made.
    var auditedRevision: Int?
    /// The end could not be recorded, because an operator has just given the run more to do.
    var isConclusionDue = false
    /// The run has ended and the workers have left.
    var isLeaving = false
    /// nil where the plan has none.
    var breaker: CircuitBreaker?
    /// How this reign ended.
    var end: ReignEnd?
    /// The snapshot that is too old and whose age an operator has been asked about.
    var acceptedSnapshot: Int?
    var runPause = RunPause() {
        didSet { self.machine.pauseReason = self.runPause.reason }
    }

    var timers: WorkerTimers { self.configuration.timers }

    init(
        run: RunRecord,
        plan: ResolvedPlan,
        term: Term,
        machine: RunMachine,
        configuration: CoordinatorConfiguration,
        store: ControlStore,
        keeper: LeadershipKeeper,
        entrance: Entrance,
        snapshot: RunSnapshot,
        events: AsyncStream<CoordinatorEvent>,
        mailbox: AsyncStream<CoordinatorEvent>.Continuation,
        logger: Logger
    ) async throws {
        self.run = run
        self.activeSeconds = Self.activeSeconds(of: run)
        self.plan = plan
        self.term = term
        self.machine = machine
        self.configuration = configuration
        self.store = store
        self.keeper = keeper
        self.router = entrance.router
        self.endpoint = entrance.address
        self.gate = entrance.gate
        self.keyBook = entrance.keyBook
        self.snapshot = snapshot
        self.analyst = ControlStore(parameters: configuration.target, applicationName: "godwit analysis")
        self.preparation = EntityPreparation(source: configuration.source, store: store, run: run.id)
        self.retryPolicy = RetryPolicy(plan.policy)
        self.throttle = Throttle(limits: Self.limits(of: run, plan: plan))
        self.sourceProbe = LoadProbe(configuration.source, role: .source)
        self.targetProbe = LoadProbe(configuration.target, role: .target)
        self.events = events
        self.mailbox = mailbox
        self.logger = logger
        self.planHashes = Set(try await store.planRevisions(of: run.id).map(\.planHash) + [run.planHash])
        self.epoch = try await store.advancePresenceEpoch(of: run.id)
        self.breaker = try await CircuitBreaker(of: run.id, plan: plan, in: store)
        let held = try await snapshot.hold()
        self.snapshotIdentifier = held.identifier
        self.snapshotNumber = held.number
        self.runPause.follow(run.status, run.pauseCause, reason: run.statusReason)
        self.machine.pauseReason = self.runPause.reason
    }

    /// How often the loop looks at its schedule; messages are handled as they come.
    private static let tickInterval = Duration.milliseconds(100)

    /// Works until the run has ended and the workers have left, the process is told to leave, or another one leads.
    func lead() async throws -> ReignEnd {
        try await withThrowingDiscardingTaskGroup(returning: ReignEnd.self) { group in
            let mailbox = self.mailbox
            let incoming = self.router.incoming
            let intake = self.intake
            group.addTask {
                await intake.carry(incoming) { mailbox.yield(.received) }
            }
            group.addTask {
                // Cancelled with the loop, which is the end of the ticks and no error.
                while (try? await Task.sleep(for: Self.tickInterval)) != nil { mailbox.yield(.tick) }
            }
            mailbox.yield(.tick)
            for await event in self.events {
                do { try await self.confirmAfterStop() } catch { try self.endure(error) }
                do { try await self.handle(event, &group) } catch { try self.endure(error) }
                await self.sendOutbox()
                self.noteTurn(event)
                if self.end != nil { break }
            }
            await self.router.close()
            await self.snapshot.release()
            group.cancelAll()
            return self.end ?? .deposed("the coordinator's events have ended")
        }
    }

    private func handle(
        _ event: CoordinatorEvent,
        _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) async throws {
        switch event {
        case .received:
            try await self.receive(self.intake.take())
        case .tick:
            self.watchOutages(&group)
            if self.targetOutage == nil { try await self.tick(&group) }
        case .prepared(let entity, let result):
            try await self.prepared(entity, result)
        case .snapshotChecked(let result):
            try await self.snapshotChecked(result)
        case .waitsSeen(let waits):
            try await self.note(waits)
        case .sourceSeen(let result):
            self.seen(source: result)
        case .targetSeen(let result):
            self.seen(target: result)
        case .cut(let failed, let header, let cut):
            try await self.found(cut, for: failed, header)
        case .statusRead(let status, let took):
            try await self.statusRead(status, took: took)
        case .analyzed(let entity, let failure):
            try await self.analyzed(entity, failure: failure)
        case .targetAnswered(let answer):
            try await self.targetAnswered(answer)
        case .terminated:
            try await self.abdicate()
        }
        // What may wait for a database comes after the answers.
        await self.sendOutbox()
        guard self.targetOutage == nil, self.end == nil else { return }
        try await self.advance()
        self.startPreparations(&group)
        self.startCuts(&group)
        self.startAnalyses(&group)
        try await self.prepareConclusion()
        if self.snapshotIdentifier != nil { try await self.grant() }
        if self.isLeaving { try await self.finish() }
    }

    /// The run has ended and the workers have left: writes the rest down.
    private func finish() async throws {
        if let ended = self.ended, ended.outcome == .failed { self.ended = try await self.restored(after: ended) }
        try await self.recordWorkers()
        // Nobody looks for them after this; who is only cut off finds the end of the run in the control schema.
        try await self.recordLost(silentFor: .zero)
        try await self.store.stopLeading()
        if let ended = self.ended { self.end = .left(try await self.unlessResumed(ended)) }
    }

    /// Says so where somebody resumed the run while the workers of a coordinator that had paused it were leaving: they
    /// were told that it goes on, and nobody leads it now.
    private func unlessResumed(_ summary: RunSummary) async throws -> RunSummary {
        guard summary.outcome == .paused else { return summary }
        let run = try await self.store.run(matching: .id(self.run.id))
        guard run.status == .running else { return summary }
        return RunSummary(
            .paused,
            "run #\(run.number) was resumed while its coordinator was leaving; start one:\ngodwit resume \(run.number)"
        )
    }

    /// Stops granting and leaves at once; the workers keep their shards and look for the next coordinator.
    private func abdicate() async throws {
        self.logger.notice("leaving; the workers keep their shards")
        self.end = .left(
            self.ended ?? RunSummary(.paused, "the coordinator was told to leave; resume with the same command")
        )
        self.keeper.follow(nil)
        // With an outage the session is gone already, and the leadership with it.
        if self.targetOutage == nil { try await self.store.stopLeading() }
        await self.sendWorkersAway()
    }

    /// Remembers how long the loop was busy with one event: pings wait meanwhile.
    private func noteTurn(_ event: CoordinatorEvent) {
        let now = ContinuousClock.now
        let busy = now - self.lastTurn
        self.lastTurn = now
        self.figures.longestTurn = max(self.figures.longestTurn, busy)
        guard busy > Self.longTurn else { return }
        self.logger.debug(
            "the loop was busy for long",
            metadata: .of([.durationMilliseconds: Int(busy / .milliseconds(1)), .reason: event.name])
        )
    }

    /// Below it nobody notices (safe up to half a ping's interval).
    private static let longTurn = Duration.milliseconds(100)

    /// Silence of the loop after which it asks whether it still leads: well below that of a standby's patience.
    private static let stop = Duration.seconds(5)

    /// A process that was stopped may have been deposed: it must not send a message before it knows.
    private func confirmAfterStop() async throws {
        let pause = .now - self.lastTurn
        self.lastTurn = .now
        guard pause > Self.stop, self.targetOutage == nil, self.end == nil else { return }
        self.logger.warning(
            "the coordinator stood still; asking whether it still leads",
            metadata: .of([.durationMilliseconds: Int(pause / .milliseconds(1))])
        )
        try await self.store.confirmLeadership()
    }
}
