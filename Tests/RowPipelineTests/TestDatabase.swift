import Postgres
import PostgresFixture

/// A connection to a database of the test's own.
func openTestDatabase() throws -> Connection {
    try Connection(PrivateServer.shared.createDatabase(), role: .control, applicationName: "pipeline tests")
}
