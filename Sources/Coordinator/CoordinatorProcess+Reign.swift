import Catalog
import ControlStore
import FoundationEssentials
import Logging
import Messaging
import Observability
import Scheduling

extension CoordinatorProcess {
    /// Leads the run for as long as this process may.
    func reign(after succession: Succession, _ opening: RunOpening, _ draft: RunOpening.Draft) async throws -> ReignEnd
    {
        let keeper = LeadershipKeeper(
            store: ControlStore(parameters: self.configuration.target, applicationName: "godwit leadership"),
            term: succession.term,
            logger: self.logger
        )
        return try await withThrowingTaskGroup(of: Void.self, returning: ReignEnd.self) { group in
            group.addTask { await keeper.run() }
            defer { group.cancelAll() }
            switch try await opening.open(draft, after: succession) {
            case .over(let summary):
                try await self.store.stopLeading()
                return .left(summary)
            case .begun(let run, let plan):
                let leader = try await self.leader(of: run, plan, term: succession.term, keeper)
                return try await leader.lead()
            }
        }
    }

    private func leader(
        of run: RunRecord,
        _ plan: ResolvedPlan,
        term: Term,
        _ keeper: LeadershipKeeper
    ) async throws -> RunLeader {
        try await IdentityProof(plan: plan).check(with: self.store)
        let machine = try await RunMachine.restored(of: run, plan: plan, from: self.store)
        let snapshot = RunSnapshot(
            source: self.configuration.source,
            store: self.store,
            run: run,
            plan: plan,
            logger: self.logger
        )
        try await snapshot.hold()
        let entrance = try await self.openEntrance(for: run.id)
        try await self.store.announce(
            endpoint: entrance.address,
            requiringKeys: entrance.gate != nil,
            leading: run.id
        )
        self.logger.notice(
            "leading",
            metadata: .of([
                .runID: run.id, .term: term, .endpoint: entrance.router.boundEndpoint, .shards: machine.shards.count,
            ])
        )
        let (events, mailbox) = self.openMailbox()
        return try await RunLeader(
            run: run,
            plan: plan,
            term: term,
            machine: machine,
            configuration: self.configuration,
            store: self.store,
            keeper: keeper,
            entrance: entrance,
            snapshot: snapshot,
            events: events,
            mailbox: mailbox,
            logger: self.logger
        )
    }
}
