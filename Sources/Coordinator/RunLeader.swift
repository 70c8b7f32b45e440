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
    /// More recurring work is due, and an event says so.
    var isGoingOn = false
    /// Messages that were taken in and have to wait for another turn.
    var backlog: ArraySlice<IncomingFrames> = []
    /// Shards that this round of looks has not come to yet.
    var unlooked: [ShardID] = []
    /// How many shards one turn looks at, grants, and how many workers it writes down; all of a large pool take too long.
    var lookPortion = Portion(most: 400)
    var grantPortion = Portion(most: 200)
    var recordPortion = Portion(most: RunLeader.workersAtOnce)
    /// Grants were put off for the length of a turn: they come before more recurring work.
    var areGrantsOwed = false
    /// None of the last grants was recorded: none is tried before it is known what operators want.
    var areGrantsRefused = false
    /// When an event was last handled, to notice that the process was stopped meanwhile.
    var lastTurn = ContinuousClock.now
    /// What this turn of the loop is made of.
    var turn = TurnParts(now: .now)
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
    /// Whether the sums are being read by which the run is judged.
    var conclusion = Conclusion.none
    var isReadingConclusion = false
    /// Of the run that has ended: whether its sums are written down.
    var lastFigures = LastFigures.due
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
            try await self.receive(from: self.intake)
        case .tick:
            self.watchOutages(&group)
            if self.targetOutage == nil { try await self.tick(&group) }
        case .goOn:
            self.isGoingOn = false
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
        case .concluded(let reading):
            try await self.concluded(reading)
        case .targetAnswered(let answer):
            try await self.targetAnswered(answer)
        case .terminated:
            try await self.abdicate()
        }
        self.turn.spent(on: event.name)
        // What may wait for a database comes after the answers.
        await self.sendOutbox()
        self.turn.spent(on: "send")
        guard self.targetOutage == nil, self.end == nil else { return }
        try await self.advance()
        self.startPreparations(&group)
        self.startCuts(&group)
        self.startAnalyses(&group)
        try await self.prepareConclusion()
        self.startReadings(&group)
        self.turn.spent(on: "entities")
        try await self.grantInTime()
        if self.isLeaving { try await self.finish() }
    }
}
