import Catalog
import ControlStore
import FoundationEssentials
package import Logging
import Messaging
import Observability
import Postgres
import Scheduling

/// A coordinator process: takes the leadership, opens the run and leads it to its end.
package final class CoordinatorProcess: Sendable {
    let configuration: CoordinatorConfiguration
    let store: ControlStore
    private let logger: Logger
    private let events: AsyncStream<CoordinatorEvent>
    private let mailbox: AsyncStream<CoordinatorEvent>.Continuation

    package init(_ configuration: CoordinatorConfiguration, logger: Logger) {
        self.configuration = configuration
        self.store = ControlStore(parameters: configuration.target, applicationName: "godwit coordinator")
        self.logger = logger
        (self.events, self.mailbox) = AsyncStream.makeStream()
    }

    /// Asks the process to stop granting and leave; the workers go on with what they have.
    package func terminate() {
        self.mailbox.yield(.terminated)
    }

    /// Leads a run to its end.
    ///
    /// - Throws: `CoordinatorError`.
    package func lead() async throws -> RunSummary {
        do {
            return try await self.begin().lead()
        } catch let error as ControlStoreError {
            let code: CoordinatorError.Code = error.code == .termLost ? .notLeading : .database
            throw CoordinatorError(code, "\(error)")
        } catch let error as PostgresError {
            throw CoordinatorError(.database, "\(error)")
        } catch let error as MessagingError {
            throw CoordinatorError(.messaging, error.message)
        }
    }

    private func begin() async throws -> RunLeader {
        try self.refuseExposure()
        let opening = RunOpening(configuration: self.configuration, store: self.store, logger: self.logger)
        let draft = try await opening.prepare()
        let term = try await self.takeLeadership()
        let (run, plan) = try await opening.open(draft)
        try await IdentityProof(plan: plan).check(with: self.store)
        let snapshot = RunSnapshot(
            source: self.configuration.source,
            store: self.store,
            run: run.id,
            plan: plan,
            logger: self.logger
        )
        let machine = try await Self.machine(of: run, plan: plan, store: self.store)
        let gate = try self.configuration.keys.map { pair throws in try KeyGate(pair) }
        let keyBook = try await self.keyBook(of: run.id)
        gate?.admit(only: keyBook.authorised)
        let router = try RouterEndpoint(
            binding: self.configuration.endpoint,
            security: gate?.security ?? .none,
            context: gate?.context
        )
        try await self.store.announce(endpoint: self.reachable(router.boundEndpoint))
        try await self.store.setStatus(run.id, .running)
        self.logger.notice(
            "leading",
            metadata: .of([
                .runID: run.id, .term: term, .endpoint: router.boundEndpoint, .shards: machine.shards.count,
            ])
        )
        return try await RunLeader(
            run: run,
            plan: plan,
            term: term,
            machine: machine,
            store: self.store,
            router: router,
            gate: gate,
            keyBook: keyBook,
            snapshot: snapshot,
            preparation: EntityPreparation(source: self.configuration.source, store: self.store, run: run.id),
            timers: self.configuration.timers,
            events: self.events,
            mailbox: self.mailbox,
            logger: self.logger
        )
    }

    private func takeLeadership() async throws -> Term {
        try await self.store.install()
        let pid = ProcessInfo.processInfo.processIdentifier
        guard let term = try await self.store.tryLead(host: self.configuration.host, pid: pid) else {
            let leader = try await self.store.leader() ?? "unknown"
            throw CoordinatorError(
                .notLeading,
                """
                another coordinator leads this target (\(leader)): only one works at a time; watch its run with \
                `godwit status`, add to it with `godwit worker`
                """
            )
        }
        return term
    }

    /// The run machine as the control schema has it.
    private static func machine(of run: RunRecord, plan: ResolvedPlan, store: ControlStore) async throws -> RunMachine {
        let stages = Dictionary(uniqueKeysWithValues: try await store.entities(of: run.id).map { ($0.name, $0.stage) })
        let nodes = plan.entities.map { EntityNode($0, in: plan, stage: stages[EntityName(rawValue: $0.name)]) }
        var machine = RunMachine(entities: nodes, limits: GrantLimits(plan.policy))
        for entry in try await store.shardEntries(of: run.id, now: .now) { machine.add(entry) }
        let withShards = Set(machine.shards.values.lazy.map(\.entity))
        if let missing = nodes.first(where: { !withShards.contains($0.name) }) {
            throw CoordinatorError(.runFailed, "run \(run.id) has no shards of \(missing.name) in the control schema")
        }
        return machine
    }
}
