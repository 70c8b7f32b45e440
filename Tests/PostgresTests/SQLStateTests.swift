import Postgres
import Testing

@Suite struct SQLStateTests {
    @Test(arguments: [
        ("08006", true), ("40001", true), ("40P01", true), ("53300", true), ("57P01", true), ("55P03", true),
        ("25006", true), ("25P03", true), ("25P02", false), ("55000", false), ("23505", false), ("22023", false),
        ("42P01", false), ("XX000", false),
    ])
    func `only states about the surroundings are transient`(state: String, isTransient: Bool) {
        let error = PostgresError(code: .serverRefused, message: "", sqlState: SQLState(rawValue: state))
        #expect(error.isTransient == isTransient)
    }
}
