import Glibc
import Postgres
import Testing

@Suite struct ConnectionParametersTests {
    @Test func `a description has no password, however it is printed`() throws {
        let parameters = try ConnectionParameters("postgresql://me:s3cr3t@db.example:6432/app?sslmode=require")
        #expect(parameters.description == "db.example:6432/app as me")
        var dumped = ""
        dump(parameters, to: &dumped)
        #expect(!dumped.contains("s3cr3t"))
        #expect(!String(reflecting: parameters).contains("s3cr3t"))
    }

    @Test(arguments: [
        "postgresql://me:s3cr@t@host/db", "postgresql://me:s3c/rt@host/db", "postgresql://me:s3c%zzrt@host/db",
        "password=s3c rt=", "host=a s3crt",
    ])
    func `a broken string is refused without quoting it`(text: String) throws {
        let error = try #require(failure { _ = try ConnectionParameters(text) })
        #expect(error.code == .invalidParameters)
        for part in ["s3c", "rt@", "t@host"] { #expect(!"\(error)".contains(part)) }
    }

    @Test(arguments: [
        ("host=/run/postgresql", true), ("postgresql://localhost/x", true), ("postgresql://[::1]:5433/x", true),
        ("host=127.0.0.2", true), ("host=db.example", false), ("host=localhost,db.example", false),
        ("host=localhost hostaddr=10.0.0.1", false),
    ])
    func `only sockets and loopback are local`(text: String, isLocal: Bool) throws {
        #expect(try ConnectionParameters(text).isLocal == isLocal)
    }

    @Test(arguments: [
        ("disable", false), ("prefer", false), ("require", true), ("verify-ca", true), ("verify-full", true),
    ])
    func `only modes that insist on TLS count`(mode: String, usesTLS: Bool) throws {
        #expect(try ConnectionParameters("host=x sslmode=\(mode)").usesTLS == usesTLS)
    }

    @Test func `the string for a child opens the same connection`() throws {
        let parameters = try ConnectionParameters("postgresql://me:it%27s%5C%20x@h:1/d%20b")
        #expect(try ConnectionParameters(parameters.connectionString) == parameters)
        #expect(try parameters.with(database: "it's").database == "it's")
    }

    @Test func `an environment variable is read, and its absence explained`() throws {
        setenv("GODWIT_TEST_DATABASE", "postgresql://me@h:7/d", 1)
        #expect(try ConnectionParameters(environmentVariable: "GODWIT_TEST_DATABASE").description == "h:7/d as me")
        if ["PGSERVICE", "PGHOST", "PGDATABASE"].allSatisfy({ (name: String) in getenv(name) == nil }) {
            let error = failure { _ = try ConnectionParameters(environmentVariable: "GODWIT_TEST_UNSET") }
            #expect(error?.code == .invalidParameters)
            #expect(error?.message.hasPrefix("GODWIT_TEST_UNSET is not set") == true)
        }
    }
}
