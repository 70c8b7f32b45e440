import ControlStore
import Postgres
import Scheduling
import Testing

@Suite struct ThrottleRecordTests {
    private static let limits = ThrottleLimits(rowsPerSecond: 5, replicationLag: .bytes(7))

    @Test func `an operator's limits are read back as they were set`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        for limits in [nil, ThrottleLimits.none, Self.limits] {
            try await fixture.store.throttle(fixture.run, limits)
            let run = try await fixture.store.run(matching: .id(fixture.run))
            #expect(run.throttle == limits)
            #expect(!run.isThrottleUnreadable)
        }
    }

    @Test(arguments: [
        #"{"rowsPerSecond": "many"}"#, #"{"rowsPerSecond": 5, "nightly": {"rows": 7}}"#, #"{"nightly": true}"#, "[]",
        "7",
        #"{"replicationLag": {"furlongs": 7}}"#,
    ])
    func `limits of which one can't be read are none that could be kept`(text: String) async throws {
        let fixture = try await StoreFixture(shards: 1)
        try fixture.observer().query("UPDATE godwit.migration_runs SET throttle = $1::jsonb", [.text(text)])
        let run = try await fixture.store.run(matching: .id(fixture.run))
        #expect(run.throttle == nil)
        #expect(run.isThrottleUnreadable)
    }

    @Test func `a limit that is written as null is lifted`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let text = #"{"rowsPerSecond": 5, "nightly": null}"#
        try fixture.observer().query("UPDATE godwit.migration_runs SET throttle = $1::jsonb", [.text(text)])
        let run = try await fixture.store.run(matching: .id(fixture.run))
        #expect(run.throttle == ThrottleLimits(rowsPerSecond: 5))
        #expect(!run.isThrottleUnreadable)
    }
}
