import Catalog
import ControlStore
import FoundationEssentials
import Logging
import MigrationPlan
import Observability
import Postgres
import Preflight
import RowPipeline
import Scheduling

/// Finds the run to lead, or opens a new one: plan, catalogs, run, entities and shards.
actor RunOpening {
    private nonisolated let executor = BlockingExecutor(label: "godwit.opening")
    private let configuration: CoordinatorConfiguration
    let store: ControlStore
    let logger: Logger

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    init(configuration: CoordinatorConfiguration, store: ControlStore, logger: Logger) {
        self.configuration = configuration
        self.store = store
        self.logger = logger
    }

    /// Checks everything that can be checked before the target is touched.
    ///
    /// - Throws: `CoordinatorError`; nothing has been changed then.
    func prepare() async throws -> Draft {
        switch self.configuration.task {
        case .run(let id):
            return .stored(id)
        case .plan(let path):
            let loaded = PlanLoader.load(path: path)
            guard let plan = loaded.plan, !loaded.findings.contains(where: { $0.severity == .error }) else {
                throw Self.invalidPlan(path, loaded.findings)
            }
            if let run = try await self.unfinishedRun(of: plan) {
                try await PlanGuard(store: self.store).require(plan, file: path, of: run)
                return .stored(run.id)
            }
            // Making the control schema and finding fault with the plan take a few tenths of a second each.
            async let installation: Void = self.store.beginInstallation()
            do {
                let (resolved, findings) = try self.resolve(plan, path, loaded.findings)
                await installation
                return .new(plan, resolved, findings)
            } catch {
                await installation
                await self.store.abandonInstallation()
                throw error
            }
        }
    }

    /// What `prepare` found, looked at again by a standby that could not lead: the run may be there by now.
    func reconsider(_ draft: Draft) async throws -> Draft {
        // Where the target does not answer, the wait for the leadership says so.
        guard case .new(let plan, _, _) = draft, let run = try? await self.unfinishedRun(of: plan),
            run.planHash == plan.hash
        else { return draft }
        return .stored(run.id)
    }

    /// Finds or creates the run; this process leads by now.
    func open(_ draft: Draft, after succession: CoordinatorProcess.Succession) async throws -> Opened {
        var draft = draft
        var resumed: RunID?
        if case .stored(let id) = draft { resumed = id }
        let triggers = try await self.store.restoreObjectsLeftOff(besides: resumed)
        // The catalog was read with them off, so the run would have taken them for disabled ones.
        if case .new = draft, !triggers.restored.isEmpty { draft = try await self.prepare() }
        let opened = try await self.findOrCreate(draft, after: succession)
        try await self.tell(of: triggers, opened)
        return opened
    }

    private func findOrCreate(
        _ draft: Draft,
        after succession: CoordinatorProcess.Succession
    ) async throws -> Opened {
        var draft = draft
        if succession.hasWaited, case .new(let plan, _, _) = draft, let led = succession.run {
            // The leader before began it meanwhile, and may have brought it to its end.
            let run = try await self.store.run(matching: .id(led))
            if run.name == plan.name, run.planHash == plan.hash { draft = .stored(led) }
        }
        switch draft {
        case .stored(let id):
            return try await self.resume(id, isTakeover: succession.hasWaited)
        case .new(let plan, let resolved, let findings):
            if let run = try await self.unfinishedRun(of: plan), run.planHash == plan.hash {
                // Another process made it between the check and the leadership.
                return try await self.resume(run.id, isTakeover: succession.hasWaited)
            }
            return .begun(try await self.create(plan, resolved, findings), resolved)
        }
    }

    /// Goes on with a run.
    ///
    /// A pause stands, whoever takes the run up, but for one that only waited for a coordinator.
    private func resume(_ id: RunID, isTakeover: Bool) async throws -> Opened {
        let run = try await self.store.run(matching: .id(id))
        let plan = try await self.storedPlan(of: run)
        if isTakeover, let summary = try await RunConclusion.recorded(of: run, plan: plan, in: self.store) {
            // Who ended it may not have come to that.
            if summary.outcome == .failed { try await self.store.restoreTriggers(of: id, isLeading: true) }
            return .over(summary)
        }
        if !isTakeover, let summary = try await self.standstill(of: run) { return .over(summary) }
        self.logger.notice(
            isTakeover ? "taking the run over" : "resuming the run",
            metadata: .of([.runID: run.id])
        )
        // A run of another plan has put its own functions in their place meanwhile.
        try await self.store.installIdentityFunctions(Self.identityFunctions(of: plan))
        if !isTakeover { try await self.goOn(with: run) }
        if plan.entities.contains(where: { $0.shape == nil }) {
            let text = "begun by a version that recorded no types: a column that gets another one will not be noticed"
            try await self.store.record([NewEvent(.warning, .planWarning, text)], of: run.id)
        }
        try await self.note(isTakeover ? "a coordinator took over" : "a coordinator was started", in: id)
        return .begun(try await self.store.run(matching: .id(id)), plan)
    }

    /// What to leave with at once where a coordinator has paused the run by itself; nil where there is something to lead.
    ///
    /// One that is started leaves before it takes a snapshot, so that a script hears of it and a supervisor resumes nothing.
    /// A standby stays and waits.
    private func standstill(of run: RunRecord) async throws -> RunSummary? {
        guard run.status == .paused, let cause = run.pauseCause, cause.isCoordinators,
            !self.configuration.isStandby
        else { return nil }
        let report = try await self.store.errorReport(of: run.id, cause, run.statusReason ?? cause.rawValue)
        return RunSummary(.paused, report.lines.joined(separator: "\n"))
    }

    /// Whoever starts a coordinator wants its run to go on, unless it is paused until somebody resumes it.
    private func goOn(with run: RunRecord) async throws {
        guard run.status != .running else { return }
        guard !run.isHeld else {
            self.logger.warning(
                "the run is paused and stays so until somebody calls godwit resume",
                metadata: .of([.runID: run.id, .reason: run.statusReason ?? ""])
            )
            return
        }
        try await self.store.setStatus(run.id, .running)
    }

    /// Tells whoever reads the events which process led when.
    private func note(_ message: String, in run: RunID, data: [String: String] = [:]) async throws {
        let data = data.merging(["host": self.configuration.host]) { mine, _ in mine }
        try await self.store.record([NewEvent(.info, message, data: data)], of: run)
    }

    /// A target without a control schema has no runs.
    private func unfinishedRun(of plan: Plan) async throws -> RunRecord? {
        do throws(ControlStoreError) {
            try await self.store.requireSchema()
            return try await self.store.unfinishedRun(planName: plan.name)
        } catch {
            guard error.code == .notInstalled else { throw error }
            return nil
        }
    }

    private func storedPlan(of run: RunRecord) async throws -> ResolvedPlan {
        let text = try await self.store.resolvedPlan(run.id)
        do {
            return try JSONDecoder().decode(ResolvedPlan.self, from: Data(text.utf8))
        } catch {
            throw CoordinatorError(
                .runFailed,
                """
                the resolved plan of run #\(run.number) can't be read: another version of Godwit began it; resume it with \
                that version, or give it up with `godwit cancel` (\(error))
                """
            )
        }
    }

    private func create(_ plan: Plan, _ resolved: ResolvedPlan, _ findings: [Finding]) async throws -> RunRecord {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(resolved), as: UTF8.self)
        let run = try await self.store.openRun(
            NewRun(
                name: plan.name,
                planHash: plan.hash,
                planText: plan.text,
                resolvedPlan: text,
                sourceSystem: self.sourceSystem()
            ),
            entities: resolved.entities.map(NewEntity.init),
            shards: resolved.entities.flatMap { Self.shards(of: $0, policy: resolved.policy) },
            identityFunctions: Self.identityFunctions(of: resolved)
        )
        self.logger.notice(
            "opened a run",
            metadata: .of([
                .runID: run.id, .rowsEstimated: "\(resolved.entities.reduce(0) { $0 + $1.statistics.rows })",
            ])
        )
        try await self.note(
            "the run was begun",
            in: run.id,
            data: ["plan": plan.name, "plan_hash": plan.hash, "entities": String(resolved.entities.count)]
        )
        for finding in findings where finding.severity > .note {
            try await self.store.record([NewEvent(.warning, .planWarning, finding.message)], of: run.id)
        }
        return run
    }

    private static func identityFunctions(of plan: ResolvedPlan) -> String {
        IdentityFunctions.sql(entities: plan.entities.filter { $0.idColumn != nil }.map(IdentityFunctions.Entity.init))
    }

    /// The source cluster's identifier, by which a later differential run knows it again; nil where the role may not ask.
    private func sourceSystem() -> UInt64? {
        // Only informative: a missing privilege must not stop the run.
        let connection = try? Connection(
            self.configuration.source,
            role: .source,
            applicationName: "godwit coordinator"
        )
        guard let connection else { return nil }
        // As above.
        let result = try? connection.query("SELECT system_identifier::text FROM pg_control_system()")
        return result?.first?.text(0).flatMap { UInt64($0) }
    }

    private func resolve(
        _ plan: Plan,
        _ path: String,
        _ findings: [Finding]
    ) throws -> (ResolvedPlan, [Finding]) {
        let source = try Connection(self.configuration.source, role: .source, applicationName: "godwit coordinator")
        let target = try Connection(self.configuration.target, role: .target, applicationName: "godwit coordinator")
        let graph = DependencyGraph(of: plan)
        let report = try Preflight.check(
            plan: plan,
            graph: graph,
            source: source,
            target: target,
            readsData: plan.run.validation.pre
        )
        let all = findings + report.findings
        guard let resolved = report.plan, !all.contains(where: { $0.severity == .error }) else {
            throw Self.invalidPlan(path, all)
        }
        return (resolved, all)
    }

    /// Errors and warnings only: among the notes of a long plan the errors would be overlooked.
    private static func invalidPlan(_ path: String, _ findings: [Finding]) -> CoordinatorError {
        let report = FindingReport(file: path, findings: findings.filter { $0.severity > .note })
        return CoordinatorError(.invalidPlan, "the plan can't run:\n\(report.text)")
    }

    /// The copy shards of an entity, and a fill shard for each where references wait for a second pass.
    static func shards(of entity: ResolvedEntity, policy: RunPolicy) -> [NewShard] {
        let planner = ShardPlanner(rowsPerShard: policy.shardRows)
        let ranges = planner.ranges(of: entity.statistics)
        let kinds: [ShardKind] = entity.fill == nil ? [.copy] : [.copy, .fill]
        return kinds.flatMap { kind in
            ranges.map { planned in
                NewShard(
                    entity: EntityName(rawValue: entity.name),
                    kind: kind,
                    range: planned.range,
                    estimatedRows: planned.rows,
                    estimatedBytes: planned.bytes
                )
            }
        }
    }
}

extension RunOpening {
    /// What `prepare` found out.
    enum Draft: Sendable {
        /// The run is there.
        case stored(RunID)
        /// It has to be made.
        case new(Plan, ResolvedPlan, [Finding])
    }

    /// What `open` came to.
    enum Opened: Sendable {
        /// There is work to do.
        case begun(RunRecord, ResolvedPlan)
        /// The coordinator before has brought the run to its end.
        case over(RunSummary)
    }
}
