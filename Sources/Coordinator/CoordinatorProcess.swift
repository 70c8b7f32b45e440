import Catalog
import ControlProtocol
import ControlStore
import FoundationEssentials
package import Logging
import Messaging
import MigrationPlan
import Observability
import Postgres
import RowPipeline
import Scheduling

/// A coordinator process: interprets the run machine's actions, and decides nothing.
package actor CoordinatorProcess {
    let configuration: CoordinatorConfiguration
    let store: ControlStore
    let logger: Logger
    let events: AsyncStream<CoordinatorEvent>
    let mailbox: AsyncStream<CoordinatorEvent>.Continuation
    let timers = WorkerTimers()

    var router: RouterEndpoint!
    var term: Term!
    var run: RunRecord!
    var plan: ResolvedPlan!
    var machine: RunMachine!
    var snapshot: RunSnapshot!
    var preparation: EntityPreparation!
    var retryPolicy: RetryPolicy!
    var snapshotIdentifier: String?
    var peers: [Incarnation: PeerID] = [:]
    var roster = WorkerRoster()
    var figures = RunFigures()
    /// Failures in a row per shard, for the wait before the next attempt.
    var streaks: [ShardID: Int] = [:]
    var epoch = 0
    var sequence: UInt64 = 0
    var schedule = TickSchedule(now: .now)
    var ended: RunSummary?
    var isLeaving = false
    /// Entities whose circuit breaker has tripped; an operator who resumes accepts their rate.
    var tripped: Set<EntityName> = []

    package init(_ configuration: CoordinatorConfiguration, logger: Logger) {
        self.configuration = configuration
        self.store = ControlStore(parameters: configuration.target, applicationName: "godwit coordinator")
        self.logger = logger
        (self.events, self.mailbox) = AsyncStream.makeStream()
    }

    /// Asks the process to stop granting and leave; the workers go on with what they have.
    package nonisolated func terminate() {
        self.mailbox.yield(.terminated)
    }

    /// Leads a run to its end.
    ///
    /// - Throws: `CoordinatorError`.
    package func lead() async throws -> RunSummary {
        do {
            try await self.begin()
            return try await self.loop()
        } catch let error as ControlStoreError {
            let code: CoordinatorError.Code = error.code == .termLost ? .notLeading : .database
            throw CoordinatorError(code, "\(error)")
        } catch let error as PostgresError {
            throw CoordinatorError(.database, "\(error)")
        } catch let error as MessagingError {
            throw CoordinatorError(.messaging, error.message)
        }
    }

    private func begin() async throws {
        guard self.configuration.endpoint.isLoopback else {
            throw CoordinatorError(
                .messaging,
                """
                refusing to bind \(self.configuration.endpoint): without keys anybody who reaches the port could take \
                part, so a coordinator listens on this machine only; reach it through an ssh tunnel (see cluster/)
                """
            )
        }
        try await self.store.install()
        guard let term = try await self.store.tryLead(host: self.configuration.host, pid: ProcessInfo.processInfo.processIdentifier)
        else {
            let leader = try await self.store.leader()
            throw CoordinatorError(
                .notLeading,
                "another coordinator leads this target (\(leader ?? "unknown")): only one works at a time"
            )
        }
        self.term = term
        let opening = RunOpening(configuration: self.configuration, store: self.store, logger: self.logger)
        (self.run, self.plan) = try await opening.open()
        self.retryPolicy = RetryPolicy(
            attempts: self.plan.policy.retryAttempts, delay: .seconds(self.plan.policy.retryDelaySeconds)
        )
        self.snapshot = RunSnapshot(
            source: self.configuration.source, store: self.store, run: self.run.id, plan: self.plan, logger: self.logger
        )
        self.preparation = EntityPreparation(source: self.configuration.source, store: self.store, run: self.run.id)
        try await self.snapshot.hold()
        self.snapshotIdentifier = await self.snapshot.identifier
        try await self.buildMachine()
        self.router = try RouterEndpoint(binding: self.configuration.endpoint)
        try await self.store.announce(endpoint: self.router.boundEndpoint.description)
        try await self.store.setStatus(self.run.id, .running)
        self.logger.notice(
            "leading",
            metadata: .of([
                .runID: "\(self.run.id)", .term: "\(term)", .endpoint: "\(self.router.boundEndpoint)",
                .shards: "\(self.machine.shards.count)",
            ])
        )
    }

    private func buildMachine() async throws {
        let records = try await self.store.entities(of: self.run.id)
        let stages = Dictionary(uniqueKeysWithValues: records.map { ($0.name, $0.stage) })
        let nodes = self.plan.entities.map { EntityNode($0, in: self.plan, stage: stages[EntityName(rawValue: $0.name)]) }
        self.machine = RunMachine(entities: nodes, limits: GrantLimits(self.plan.policy))
        for entry in try await self.store.shardEntries(of: self.run.id, now: .now) {
            self.machine.add(entry)
        }
        self.epoch = try await self.store.advancePresenceEpoch(of: self.run.id)
    }

    /// How often the loop looks at its schedule; messages are handled as they come.
    private static let tickInterval = Duration.milliseconds(100)

    private func loop() async throws -> RunSummary {
        try await withThrowingDiscardingTaskGroup(returning: RunSummary.self) { group in
            let mailbox = self.mailbox
            let incoming = self.router.incoming
            group.addTask {
                for await frames in incoming { mailbox.yield(.received(frames)) }
            }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: Self.tickInterval)
                    mailbox.yield(.tick)
                }
            }
            try await self.advance()
            for await event in self.events {
                try await self.handle(event)
                if self.isLeaving { break }
            }
            await self.router.close()
            await self.snapshot.release()
            group.cancelAll()
            return self.ended ?? RunSummary(.paused, "the coordinator was told to leave; resume with the same command")
        }
    }

    private func handle(_ event: CoordinatorEvent) async throws {
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
    }
}

extension EntityNode {
    /// An entity as it stands in the control schema.
    ///
    /// What was being prepared is prepared again; fills and completions are found anew from the shards.
    init(_ entity: ResolvedEntity, in plan: ResolvedPlan, stage: Stage?) {
        let resumed: Stage =
            switch stage ?? .waiting {
            case .waiting, .preparing: .waiting
            case .copying: .waiting
            case .settled, .filling: .settled
            case .complete: .complete
            }
        self.init(
            name: EntityName(rawValue: entity.name),
            position: entity.position,
            phase: plan.phases.firstIndex(of: entity.phase) ?? 0,
            dependencies: entity.dependencies.map { EntityName(rawValue: $0) },
            deferredParents: entity.deferredParents.map { EntityName(rawValue: $0) },
            priority: entity.priority,
            parallelism: entity.parallelism,
            stage: resumed
        )
    }
}

extension ResolvedEntity {
    /// The entities its deferred references point at.
    var deferredParents: [String] {
        let operations = self.fill?.program.outputs.map(\.operation) ?? []
        return operations.flatMap { operation -> [String] in
            guard case .reference(let reference) = operation else { return [] }
            return reference.alternatives.map(\.entity)
        }
    }
}

extension GrantLimits {
    init(_ policy: RunPolicy) {
        self.init(
            parallelism: policy.parallelism,
            phaseBarrier: policy.phaseBarrier,
            sourceConnections: policy.connections.source,
            targetConnections: policy.connections.target,
            window: policy.window.map { DailyWindow(start: $0.start, end: $0.end) }
        )
    }
}
