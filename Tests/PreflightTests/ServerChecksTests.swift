import MigrationPlan
import Testing

@testable import Preflight

@Suite struct ServerChecksTests {
    private func codes(_ server: ServerFacts, _ side: ServerChecks.Side, budget: Int? = nil) -> [String] {
        ServerChecks(server: server, side: side).findings(budget: budget, at: .none, budgetAt: .none)
            .map { "\($0.severity) \($0.code)" }
    }

    @Test func serversAreJudgedByTheirFacts() {
        #expect(self.codes(ServerFacts(version: 150_004), .source) == [])
        #expect(self.codes(ServerFacts(version: 120_010), .source) == ["error server-version"])
        #expect(self.codes(ServerFacts(version: 160_001), .target) == ["warning server-version"])
        #expect(self.codes(ServerFacts(version: 170_000, isPooled: true), .target) == ["error pooler"])
        #expect(self.codes(ServerFacts(version: 150_000, encoding: "SQL_ASCII"), .source) == ["error encoding"])
        #expect(self.codes(ServerFacts(version: 150_000, encoding: "LATIN1"), .source) == ["note encoding"])
        #expect(self.codes(ServerFacts(version: 150_000, encoding: "LATIN1"), .target) == ["error encoding"])
        #expect(self.codes(ServerFacts(version: 150_000, isStandby: true), .source) == ["error standby"])
        #expect(self.codes(ServerFacts(version: 150_000, isStandby: true, hasStandbyFeedback: true), .source) == [])
        #expect(
            self.codes(ServerFacts(version: 150_000, isStandby: true, hasStandbyFeedback: true), .target) == [
                "error standby"
            ]
        )
    }

    @Test func connectionsBeyondTheLimitsAreFound() {
        let server = ServerFacts(version: 150_000, connectionLimit: 97, ownConnectionLimit: 50, connectionsInUse: 60)
        #expect(self.codes(server, .source, budget: 37) == [])
        #expect(self.codes(server, .source, budget: 38) == ["warning connection-budget"])
        #expect(self.codes(server, .source, budget: 51) == ["error connection-budget"])
    }

    @Test func connectionsThatCarryNoShardAreRefused() {
        let server = ServerFacts(version: 150_000, connectionLimit: 97)
        #expect(self.codes(server, .source, budget: 2) == ["error connection-budget"])
        #expect(self.codes(server, .source, budget: 3) == [])
        #expect(self.codes(server, .target, budget: 3) == ["error connection-budget"])
        #expect(self.codes(server, .target, budget: 4) == [])
        let findings = ServerChecks(server: server, side: .target).findings(budget: 3, at: .none, budgetAt: .none)
        #expect(findings.map(\.message) == ["connections.target is 3, but one worker with one slot needs 4"])
    }
}
