import MigrationPlan
import Scheduling
import Testing

@testable import godwit

/// Limits as they are given and shown.
@Suite struct ThrottleOutputTests {
    @Test(arguments: [
        (
            ThrottleLimits(rowsPerSecond: 20_000, replicationLag: .seconds(10)),
            #"{"replication_lag_seconds":10,"rows_per_second":20000}"#
        ),
        (ThrottleLimits(replicationLag: .bytes(1024)), #"{"replication_lag_bytes":1024}"#),
        (
            ThrottleLimits(bytesPerSecond: 1, sourceSessions: 2, targetSessions: 3, walBytesPerSecond: 4),
            #"{"bytes_per_second":1,"source_sessions":2,"target_sessions":3,"wal_bytes_per_second":4}"#
        ),
        (.none, "{}"),
    ])
    func limitsAreNamedAndPlainNumbers(limits: ThrottleLimits, json: String) throws {
        #expect(try JSONOutput.text(ThrottleAnswer.Limits(limits), pretty: false) == json)
    }

    @Test(arguments: [
        ("9999999999GiB/s", "too large"), ("99999999999999999999B/s", "too large"), ("fast", "no limit"),
        ("0MiB/s", "no limit"), ("-1MiB/s", "no limit"), ("1.5MiB/s", "no limit"), ("9999999999GiB", "no limit"),
    ])
    func whatIsNoLimitIsToldFromWhatIsTooLarge(text: String, what: String) {
        let error = #expect(throws: (any Error).self) {
            try ThrottleSetting<Int>.read(text, example: "10MiB/s", parse: RunSettings.Throttle.bytes)
        }
        #expect(error.map { "\($0)" } == "'\(text)' is \(what); write 10MiB/s, or off")
    }
}
