import Postgres
import PostgresFixture
import Testing

@Suite struct ConnectingTests {
    func failureToConnect(_ parameters: ConnectionParameters) -> PostgresError? {
        failure { _ = try Connection(parameters, role: .source, applicationName: "gdw:test") }
    }

    @Test func `a wrong password and a missing one are final`() throws {
        let server = try PrivateServer.shared
        try Connection(server.administration, role: .control, applicationName: "t")
            .execute("CREATE ROLE needs_password LOGIN PASSWORD 'right'")
        let without = try server.parameters(database: "postgres", user: "needs_password")
        let with = { (password: String) in
            try ConnectionParameters("\(without.connectionString) password=\(password)")
        }
        for parameters in [without, try with("s3cr3t")] {
            let error = try #require(self.failureToConnect(parameters))
            #expect(error.code == .connectionFailed)
            #expect(error.sqlState == "28P01")
            #expect(!error.isTransient)
            #expect(!"\(error)".contains("s3cr3t"))
            #expect(error.message.contains("connecting to the source"))
        }
        #expect(try self.failureToConnect(with("right")) == nil)
    }

    @Test func `an unknown database is final`() throws {
        let error = try #require(self.failureToConnect(try PrivateServer.shared.parameters(database: "nowhere")))
        #expect(error.sqlState == "3D000")
        #expect(!error.isTransient)
    }

    @Test func `a server without room is transient`() throws {
        let server = try PrivateServer.shared
        try Connection(server.administration, role: .control, applicationName: "t")
            .execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
        let error = try #require(self.failureToConnect(try server.parameters(database: "postgres", user: "crowded")))
        #expect(error.sqlState == "53300")
        #expect(error.isTransient)
    }

    @Test func `a server that is not there is transient`() throws {
        let error = try #require(self.failureToConnect(try ConnectionParameters("postgresql://u:s3cr3t@127.0.0.1:1/x")))
        #expect(error.code == .connectionFailed)
        #expect(error.sqlState == nil)
        #expect(error.isTransient)
        #expect(error.message.contains("127.0.0.1:1/x as u"))
        #expect(!"\(error)".contains("s3cr3t"))
    }

    @Test func `a server that never answers is given up`() throws {
        let silent = try SilentServer()
        let error = self.failureToConnect(
            try ConnectionParameters("host=127.0.0.1 port=\(silent.port) user=u dbname=x connect_timeout=2")
        )
        #expect(error?.code == .connectionFailed)
        #expect(error?.isTransient == true)
    }
}
