import ControlProtocol
import Postgres
import Scheduling
import Testing

@testable import Worker

@Suite struct AttemptFailureTests {
    @Test(
        arguments: [
            ("23505", .target, .rows), ("P0001", .target, .rows), ("P0004", .target, .rows), ("44000", .target, .rows),
            ("MY001", .target, .rows), ("PT409", .target, .rows), ("MY001", .source, .fault), ("P0001", .source, .rows),
            ("21000", .source, .rows), ("21000", .target, .fault), ("02000", .target, .fault),
            ("XX000", .target, .fault),
            ("42P01", .target, .schema), ("40001", .target, .surroundings), ("53100", .target, .surroundings),
        ] as [(String, AttemptFailure.Side, FailureClass)]
    )
    func aStateAndItsSideSayWhatFailed(state: String, side: AttemptFailure.Side, failure: FailureClass) {
        let error = PostgresError(code: .serverRefused, message: "", sqlState: SQLState(rawValue: state))
        #expect(AttemptFailure(error, side: side, isCancelled: false).failure == failure)
    }

    @Test func aServerThatTakesNobodyRefusesNoRow() {
        let error = PostgresError(code: .connectionFailed, message: "", sqlState: "MY001")
        #expect(!AttemptFailure.isRowRefusal(error))
        #expect(AttemptFailure(error, side: .target, isCancelled: false).failure == .fault)
    }
}
