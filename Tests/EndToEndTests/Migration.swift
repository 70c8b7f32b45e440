import ControlStore
import Foundation
import Postgres
import PostgresFixture
import Scheduling

/// A source, a target and a plan of a test's own, and the processes that migrate between them.
final class Migration {
    private var parameters: [Side: ConnectionParameters]
    private let servers: [Side: PrivateServer]
    private var source: Connection
    private var target: Connection
    private let directory: URL
    private(set) var processes: [GodwitProcess] = []

    enum Side { case source, target }

    /// How long a lease lasts in tests: a killed worker's shards come back after it.
    static let leaseSeconds = 3

    private init(
        servers: [Side: PrivateServer],
        source: String,
        encoding: String,
        target: String,
        plan: String
    ) throws {
        let shared = try PrivateServer.shared
        self.servers = [.source: servers[.source] ?? shared, .target: servers[.target] ?? shared]
        let from = try self.servers[.source]!.createDatabase(encoding: encoding)
        let to = try self.servers[.target]!.createDatabase()
        self.parameters = [.source: from, .target: to]
        self.source = try Connection(from, role: .control, applicationName: "test")
        self.target = try Connection(to, role: .control, applicationName: "test")
        self.directory = FileManager.default.temporaryDirectory.appendingPathComponent("godwit-e2e-\(UUID())")
        try FileManager.default.createDirectory(at: self.directory, withIntermediateDirectories: true)
        try self.source.execute("SET search_path TO public; \(source)")
        try self.target.execute("SET search_path TO public; \(target)")
        try self.write(plan: plan)
    }

    deinit {
        for process in self.processes { process.signal(SIGKILL) }
        // A leftover directory of logs harms nobody.
        try? FileManager.default.removeItem(at: self.directory)
    }

    /// Gives a test its databases and its turn; whatever happens, no process outlives it.
    ///
    /// `run` and `entities` are the lines under those keys of the plan; `servers` are of the test's own, for one that
    /// stops them.
    static func with(
        servers: [Side: PrivateServer] = [:],
        source: String,
        sourceEncoding: String = "UTF8",
        target: String,
        run: String = "shard_rows: 100",
        strategy: String = "ordered",
        entities: String,
        _ body: (Migration) async throws -> Void
    ) async throws {
        await Turns.shared.take()
        do {
            let migration = try Migration(
                servers: servers,
                source: source,
                encoding: sourceEncoding,
                target: target,
                plan: plan(run, strategy, entities)
            )
            let result: Result<Void, any Error>
            do { result = .success(try await body(migration)) } catch { result = .failure(error) }
            for process in migration.processes { await process.kill() }
            try result.get()
        } catch {
            await Turns.shared.giveBack()
            throw error
        }
        await Turns.shared.giveBack()
    }

    static func plan(_ run: String, _ strategy: String = "ordered", _ entities: String) -> String {
        """
        version: 1
        name: test
        source: { timezone: Europe/Berlin }
        uuid: { strategy: \(strategy), namespace: 6f2c7a0e-5d1b-4c3a-9f00-0123456789ab }
        run:
          retry: { attempts: 1, delay: 100ms }
        \(indented(run))
        entities:
        \(indented(entities))

        """
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    }

    /// Replaces the plan file.
    func write(plan: String) throws {
        try plan.write(to: self.planFile, atomically: true, encoding: .utf8)
    }

    var planFile: URL { self.directory.appendingPathComponent("plan.yaml") }

    /// Has the processes log in as others than the superuser.
    func logIn(source: String, target: String) throws {
        for (side, user) in [(Side.source, source), (.target, target)] {
            let database = self.parameters[side]!.database
            self.parameters[side] = try self.servers[side]!.parameters(database: database, user: user)
        }
    }

    // The processes.

    @discardableResult
    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> GodwitProcess {
        let log = self.directory.appendingPathComponent("\(self.processes.count)-\(arguments[0]).log")
        let process = try GodwitProcess(
            arguments,
            environment: [
                "GODWIT_SOURCE": self.parameters[.source]!.connectionString,
                "GODWIT_TARGET": self.parameters[.target]!.connectionString,
            ]
            .merging(environment) { _, given in given },
            log: log
        )
        self.processes.append(process)
        return process
    }

    /// Both databases' addresses as URIs with a password, and a password file with another.
    func environment(password: String, passfile: String) throws -> [String: String] {
        let file = self.directory.appendingPathComponent("passwords")
        try "*:*:*:*:\(passfile)\n".write(to: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        var environment = ["PGPASSFILE": file.path]
        for (name, side) in [("GODWIT_SOURCE", Side.source), ("GODWIT_TARGET", .target)] {
            let parameters = self.parameters[side]!
            environment[name] =
                "postgresql://\(parameters.user):\(password)@/\(parameters.database)?host=\(parameters.host ?? "")&port=5432"
        }
        return environment
    }

    func startCoordinator(_ more: [String] = [], lease: Int = Migration.leaseSeconds) throws -> GodwitProcess {
        try self.start(["coordinator", "--plan", self.planFile.path, "--lease-seconds", "\(lease)"] + more)
    }

    @discardableResult
    func startWorker(_ name: String, slots: Int = 1, _ more: [String] = []) throws -> GodwitProcess {
        try self.start(["worker", "--name", name, "--slots", "\(slots)", "--patience", "60"] + more)
    }

    /// A coordinator and workers from beginning to end.
    ///
    /// - Returns: The coordinator's exit status.
    func migrate(_ arguments: [String] = [], workers: Int = 1, slots: Int = 2) async throws -> Int32 {
        let coordinator = try self.startCoordinator(arguments)
        for number in 1...workers { try self.startWorker("w\(number)", slots: slots) }
        return await coordinator.exitStatus()
    }

    /// What all processes have printed, for a test that fails.
    var logs: String { self.processes.map(\.log).joined(separator: "\n----\n") }

    // The databases.

    func execute(_ side: Side, _ sql: String) throws {
        switch side {
        case .source: try self.source.execute(sql)
        case .target: try self.target.execute(sql)
        }
    }

    /// A query's rows, their fields separated by `|`; NULL is `~`.
    func rows(_ side: Side, _ sql: String) throws -> [String] {
        let result =
            switch side {
            case .source: try self.source.query(sql)
            case .target: try self.target.query(sql)
            }
        return result.rows.map { row in
            (0..<result.columns.count).map { row.text($0) ?? "~" }.joined(separator: "|")
        }
    }

    /// The only field of a query's only row.
    func value(_ side: Side, _ sql: String) throws -> String? {
        try self.rows(side, sql).first
    }

    /// Where a database is, for a session that must not block the test.
    func parameters(of side: Side) -> ConnectionParameters { self.parameters[side]! }

    /// The control schema, as `godwit retry` and its like use it.
    var store: ControlStore {
        ControlStore(parameters: self.parameters[.target]!, applicationName: "test")
    }

    /// The only run there is.
    var run: RunID {
        get throws {
            guard let text = try self.value(.target, "SELECT id FROM godwit.migration_runs"), let run = RunID(text)
            else {
                throw Overdue(condition: "there is a run", logs: self.logs)
            }
            return run
        }
    }

    /// A further session, for a test that holds a lock.
    func connect(_ side: Side) throws -> Connection {
        try Connection(self.parameters[side]!, role: .control, applicationName: "test")
    }

    /// Opens the test's own session anew, after its server was gone.
    func reconnect(_ side: Side) throws {
        switch side {
        case .source: self.source = try self.connect(.source)
        case .target: self.target = try self.connect(.target)
        }
        try self.execute(side, "SET search_path TO public")
    }

    /// Waits until a condition holds in the target.
    func wait(until condition: String, on side: Side = .target, for patience: Duration = .seconds(60)) async throws {
        let deadline = ContinuousClock.now + patience
        while true {
            // Until the coordinator has made the control schema a condition on it is an error.
            if let held = try? self.value(side, "SELECT (\(condition))::text"), held == "true" { return }
            guard ContinuousClock.now < deadline else { throw Overdue(condition: condition, logs: self.logs) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    struct Overdue: Error {
        var condition: String
        var logs: String
    }
}
