import Postgres
import PostgresFixture
import Scheduling
import Testing

@testable import ControlStore

@Suite struct RejectTests {
    @Test func `a target table that the role may not read is no error of the question`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let owner = try Connection(fixture.parameters, role: .control, applicationName: "test")
        try owner.execute(
            """
            CREATE TABLE public.orders (id uuid, legacy_id bigint);
            INSERT INTO public.orders VALUES (NULL, 7);
            CREATE ROLE looker LOGIN
            """
        )
        let looker = ControlStore(
            parameters: try PrivateServer.shared.parameters(database: fixture.parameters.database, user: "looker"),
            applicationName: "test operator"
        )
        for (store, key, found) in [
            (fixture.store, Int64(7), true as Bool?), (fixture.store, 8, false), (looker, 7, nil),
        ] {
            let answer = try await store.hasRow(
                of: StoreFixture.entity,
                key: key,
                in: "public.orders",
                idColumn: "id",
                legacyColumn: "legacy_id"
            )
            #expect(answer == found)
        }
    }

    @Test func `a merge waits for a replay of its rejects and leaves them as that has resolved them`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let replay = try Connection(fixture.parameters, role: .control, applicationName: "test")
        let shard = fixture.shards[0]
        try replay.execute(
            """
            INSERT INTO godwit.rejects (run_id, entity, shard_id, source_key, reason)
            VALUES ('\(fixture.run)', 'orders', \(shard.rawValue), 7, 'orphan'), ('\(fixture.run)', 'orders', \(shard.rawValue), 8, 'orphan');
            INSERT INTO godwit.shards (run_id, entity, kind, keys, estimated_rows)
            VALUES ('\(fixture.run)', 'orders', 'replay', '{7}', 1)
            """
        )
        try replay.execute("BEGIN")
        try replay.execute(
            """
            UPDATE godwit.rejects SET resolved_at = clock_timestamp(), resolution = 'migrated',
                   resolved_by = (SELECT id FROM godwit.shards WHERE kind = 'replay') WHERE source_key = 7
            """
        )
        let parameters = fixture.parameters
        let run = fixture.run
        let merging = Task.detached {
            let merge = try Connection(parameters, role: .control, applicationName: "merge")
            try merge.execute("BEGIN")
            let all = KeyRange(lower: nil, upper: nil)
            let lock = MergeStatement.lock(all, of: StoreFixture.entity, in: run)
            _ = try merge.query(lock.sql, lock.parameters)
            let resolve = MergeStatement.resolve(all, of: StoreFixture.entity, in: run, by: shard, rejectedAgain: [])
            let replayed = MergeStatement.replayed(try merge.query(resolve.sql, resolve.parameters))
            try merge.execute("COMMIT")
            return replayed
        }
        let watch = try Connection(fixture.parameters, role: .control, applicationName: "test")
        let waits = """
            SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database()
               AND application_name LIKE '%merge' AND wait_event_type = 'Lock'
            """
        let deadline = ContinuousClock.now + .seconds(30)
        while try watch.query(waits).first?.integer("count") != 1 {
            try #require(ContinuousClock.now < deadline, "nobody waits")
            await Task.yield()
        }
        try replay.execute("COMMIT")
        #expect(try await merging.value.migrated == 1)
        let rejects = try watch.query(
            """
            SELECT source_key, shard.kind FROM godwit.rejects JOIN godwit.shards AS shard ON shard.id = resolved_by
             ORDER BY source_key
            """
        )
        #expect(rejects.rows.map { $0.text("kind") } == ["replay", "copy"])
    }
}
