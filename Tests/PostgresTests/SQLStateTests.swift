import Postgres
import Testing

@Suite struct SQLStateTests {
    @Test(arguments: [
        ("08006", true), ("40001", true), ("40P01", true), ("53300", true), ("57P01", true), ("55P03", true),
        ("25006", true), ("25P03", true), ("25P02", false), ("55000", false), ("23505", false), ("22023", false),
        ("42P01", false), ("XX000", false), ("53100", true), ("53400", false),
    ])
    func `only states about the surroundings are transient`(state: String, isTransient: Bool) {
        let error = PostgresError(code: .serverRefused, message: "", sqlState: SQLState(rawValue: state))
        #expect(error.isTransient == isTransient)
    }

    @Test(arguments: [
        ("MY001", true), ("PT409", true), ("U0001", true), ("00001", false), ("P0001", false), ("23505", false),
        ("XX000", false), ("HV000", false), ("", false), ("MY1", false),
    ])
    func `states of classes that PostgreSQL does not define are somebody's own`(state: String, isMadeUp: Bool) {
        #expect(SQLState(rawValue: state).isMadeUp == isMadeUp)
    }
}
