import ControlStore
import FoundationEssentials
import Postgres
import PostgresFixture
import Scheduling
import Testing

@Suite struct KeyTests {
    private static let keys = (0..<3).map { String(repeating: "\($0)", count: 40) }

    private func expectRefusal(
        _ code: ControlStoreError.Code,
        _ text: String,
        location: SourceLocation = #_sourceLocation,
        _ body: () async throws(ControlStoreError) -> Void
    ) async {
        do throws(ControlStoreError) {
            try await body()
            Issue.record("nothing was refused", sourceLocation: location)
        } catch {
            #expect(error.code == code, sourceLocation: location)
            #expect(error.message.contains(text), "\(error.message)", sourceLocation: location)
        }
    }

    @Test func `keys are authorised and revoked, and who did it is on record`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let store = fixture.store
        try await store.authorise("rack", publicKey: Self.keys[0])
        try await store.authorise("rack", publicKey: Self.keys[0])
        try await store.authorise("other", publicKey: Self.keys[1])
        try await store.revoke("rack")
        let keys = try await store.keys()
        #expect(keys.map(\.name) == ["other", "rack"])
        #expect(keys.map(\.isAuthorised) == [true, false])
        #expect(keys.map(\.authorisedBy) == ["postgres", "postgres"])
        #expect(keys[1].revokedBy == "postgres")
        #expect(
            try await store.events(of: fixture.run).map(\.message) == [
                "the key of rack was authorised by postgres", "the key of other was authorised by postgres",
                "the key of rack was revoked by postgres",
            ]
        )
    }

    @Test func `a name has one key, a key one name, and what was revoked stays so`() async throws {
        let store = try await StoreFixture(shards: 1).store
        try await store.authorise("rack", publicKey: Self.keys[0])
        await self.expectRefusal(.refused, "rack has another key") { () throws(ControlStoreError) in
            try await store.authorise("rack", publicKey: Self.keys[1])
        }
        await self.expectRefusal(.refused, "authorised as rack") { () throws(ControlStoreError) in
            try await store.authorise("other", publicKey: Self.keys[0])
        }
        await self.expectRefusal(.notFound, "no key") { () throws(ControlStoreError) in
            try await store.revoke("other")
        }
        try await store.revoke("rack")
        await self.expectRefusal(.refused, "does not come back") { () throws(ControlStoreError) in
            try await store.authorise("rack", publicKey: Self.keys[0])
        }
        try await store.authorise("rack", publicKey: Self.keys[1])
        #expect(try await store.keys().map(\.isAuthorised) == [true, false])
    }

    @Test func `the first key may come before the first coordinator`() async throws {
        let parameters = try PrivateServer.shared.createDatabase()
        let store = ControlStore(parameters: parameters, applicationName: "test")
        try await store.installIfMissing()
        try await store.installIfMissing()
        try await store.authorise("rack", publicKey: Self.keys[0])
        #expect(try await store.keys().count == 1)
    }

    @Test func `leases of revoked keys are found whoever granted them`() async throws {
        let fixture = try await StoreFixture(shards: 2)
        let (locked, free) = (Incarnation.random(), Incarnation.random())
        for (number, incarnation) in [locked, free].enumerated() {
            var record = WorkerRecord(
                incarnation: incarnation,
                name: WorkerName(rawValue: "w\(number)"),
                host: "here",
                pid: 1,
                slots: 1,
                build: "",
                state: "running"
            )
            record.publicKey = Self.keys[number]
            try await fixture.store.record([record], of: fixture.run, exporting: 0)
            try await fixture.store.authorise("w\(number)", publicKey: Self.keys[number])
            _ = try await fixture.grant([fixture.shards[number]], to: incarnation)
        }
        #expect(try await fixture.store.revokedHolders(of: fixture.run) == [])
        try await fixture.store.revoke("w0")
        #expect(try await fixture.store.revokedHolders(of: fixture.run) == [locked])
        #expect(try await fixture.store.workers(of: fixture.run).map(\.publicKey) == Array(Self.keys[..<2]))
    }
}
