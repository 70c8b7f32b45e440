import ControlStore
import Foundation
import Postgres
import PostgresFixture
import Scheduling

/// A database with a control schema, a leading store and a run with one entity.
struct StoreFixture {
    let parameters: ConnectionParameters
    let store: ControlStore
    let run: RunID
    let shards: [ShardID]

    static let entity = EntityName(rawValue: "orders")
    static let ttl = Duration.seconds(30)

    /// Makes so many copy shards of 100 keys each, the first and the last open.
    init(shards count: Int) async throws {
        self.parameters = try PrivateServer.shared.createDatabase()
        self.store = ControlStore(parameters: self.parameters, applicationName: "test coordinator")
        try await self.store.install()
        _ = try await self.store.tryLead(host: "here", pid: 1)
        let run = try await self.store.createRun(
            NewRun(
                name: "dispatch",
                planHash: "abc",
                planText: "version: 1",
                resolvedPlan: "{\"x\": 1}",
                sourceSystem: .max
            )
        )
        self.run = run.id
        try await self.store.addEntities([Self.newEntity("orders")], to: run.id)
        self.shards = try await self.store.addShards(
            (0..<count)
                .map { index in
                    NewShard(
                        entity: Self.entity,
                        kind: .copy,
                        range: KeyRange(
                            lower: index == 0 ? nil : Int64(index * 100),
                            upper: index == count - 1 ? nil : Int64(index * 100 + 100)
                        ),
                        estimatedRows: 100,
                        estimatedBytes: 1000
                    )
                },
            to: run.id
        )
    }

    static func newEntity(_ name: String, dependsOn: [EntityName] = []) -> NewEntity {
        NewEntity(
            name: EntityName(rawValue: name),
            phase: "foundation",
            sourceTable: "public.dispatch_\(name)",
            targetTable: "public.\(name)",
            idColumn: "id",
            legacyColumn: "legacy_id",
            dependsOn: dependsOn
        )
    }

    /// Grants shards to one worker.
    func grant(
        _ shards: [ShardID],
        to incarnation: Incarnation = .random(),
        ttl: Duration = Self.ttl
    ) async throws -> [GrantedShard] {
        try await self.store.grant(
            shards.map {
                GrantRequest(
                    shard: $0,
                    lease: .random(),
                    worker: WorkerName(rawValue: "here-1"),
                    incarnation: incarnation
                )
            },
            ttl: ttl
        )
    }

    /// A session such as a slot has on the target.
    func slot(_ lease: LeaseID) throws -> Connection {
        let connection = try Connection(self.parameters, role: .target, applicationName: "slot")
        try connection.execute(LeaseApplicationName.statement(for: lease))
        return connection
    }

    /// A store that leads in the place of the fixture's, as a role that has the control schema and nothing else.
    func leader(as role: String) async throws -> ControlStore {
        try self.observer()
            .execute(
                """
                CREATE ROLE \(role) LOGIN; GRANT USAGE ON SCHEMA godwit TO \(role);
                GRANT ALL ON ALL TABLES IN SCHEMA godwit TO \(role); GRANT ALL ON ALL SEQUENCES IN SCHEMA godwit TO \(role)
                """
            )
        try await self.store.stopLeading()
        let parameters = try PrivateServer.shared.parameters(database: self.parameters.database, user: role)
        let leader = ControlStore(parameters: parameters, applicationName: role)
        guard try await leader.tryLead(host: "there", pid: 2) != nil else {
            throw ControlStoreError(.refused, "somebody else leads")
        }
        return leader
    }

    /// A session for looking at the schema.
    func observer() throws -> Connection {
        try Connection(self.parameters, role: .control, applicationName: "observer")
    }

    /// Ends with a fence; the transaction is open before and after.
    static func fence(
        _ granted: GrantedShard,
        on connection: borrowing Connection,
        counters: ShardCounters = ShardCounters(sourceRows: 100, migrated: 98, rejected: 2),
        presence: [UInt8]? = nil,
        rest: ShardRest? = nil
    ) throws -> Bool {
        let fence = FenceStatement(
            shard: granted.shard,
            lease: granted.lease,
            counters: counters,
            timings: ["write": 0.5],
            presence: presence,
            highestKey: 99,
            logsChange: true,
            rest: rest
        )
        return FenceStatement.held(try connection.query(fence.statement.sql, fence.statement.parameters))
    }

    /// Copies nothing and finishes the shard.
    func finish(
        _ granted: GrantedShard,
        counters: ShardCounters = ShardCounters(sourceRows: 100, migrated: 98, rejected: 2),
        presence: [UInt8]? = nil
    ) throws {
        let slot = try self.slot(granted.lease)
        try slot.execute("BEGIN")
        guard try Self.fence(granted, on: slot, counters: counters, presence: presence) else {
            throw ControlStoreError(.refused, "the fence of \(granted.shard) did not hold")
        }
        try slot.commit()
    }

    /// Has a shard's attempts used up.
    func fail(_ granted: GrantedShard, sqlState: String? = "XX000") async throws {
        try await self.store.recordFailure(Self.failure(of: granted, sqlState: sqlState))
    }

    /// The failure that uses up a shard's attempts.
    static func failure(
        of granted: GrantedShard,
        sqlState: String? = "XX000",
        message: String = "no"
    ) -> FailedAttempt {
        FailedAttempt(
            shard: granted.shard,
            lease: granted.lease,
            errorClass: "rows",
            countsAsAttempt: true,
            sqlState: sqlState,
            message: message,
            verdict: .fail
        )
    }

    /// Where a shard stands.
    func state(of shard: ShardID) async throws -> ShardEntry.State? {
        try await self.store.shardEntries([shard], now: .now).first?.state
    }
}
