import Postgres
import PostgresFixture

/// A database of one test's own.
struct TestDatabase {
    let parameters: ConnectionParameters

    init() throws {
        self.parameters = try PrivateServer.shared.createDatabase()
    }

    func open(_ role: ConnectionRole = .target) throws(PostgresError) -> Connection {
        try Connection(self.parameters, role: role, applicationName: "gdw:test")
    }
}

/// The error of a call that must fail.
func failure(of call: () throws -> Void) -> PostgresError? {
    do {
        try call()
        return nil
    } catch {
        return error as? PostgresError
    }
}
