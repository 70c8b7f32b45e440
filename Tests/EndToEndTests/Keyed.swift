import Foundation

/// A migration whose coordinator and workers have CURVE keys.
final class Keyed {
    let migration: Migration
    private let directory: String

    init(_ migration: Migration) {
        self.migration = migration
        self.directory = migration.planFile.deletingLastPathComponent().appendingPathComponent("keys").path
    }

    func file(_ name: String) -> String { "\(self.directory)/\(name)" }

    /// Makes the coordinator's pair and those of workers.
    func generate(_ names: [String]) async throws {
        try await self.run(["keys", "generate", "--coordinator", "--directory", self.directory])
        for name in names {
            try await self.run(["keys", "generate", "--worker", name, "--directory", self.directory])
        }
    }

    func authorize(_ name: String) async throws {
        try await self.run(["keys", "authorize", name, self.file("\(name).pub")])
    }

    /// Runs a command that must succeed.
    func run(_ arguments: [String]) async throws {
        let process = try self.migration.start(arguments)
        let status = await process.exitStatus()
        guard status == 0 else {
            throw Migration.Overdue(condition: "\(arguments) ends with status 0, not \(status)", logs: process.log)
        }
    }

    func startCoordinator(_ more: [String] = []) throws -> GodwitProcess {
        try self.migration.startCoordinator(["--keys", self.directory, "--announce", "tcp://127.0.0.1:*"] + more)
    }

    @discardableResult
    func startWorker(_ key: String, _ name: String, patience: Int = 60) throws -> GodwitProcess {
        try self.migration.start([
            "worker", "--name", name, "--slots", "1", "--patience", "\(patience)", "--key", self.file("\(key).key"),
            "--coordinator-key", self.file("coordinator.pub"),
        ])
    }

    func publicKey(_ name: String) throws -> String { try self.value("public-key", of: "\(name).pub") }

    /// Whether a secret key is anywhere in what the processes have printed, or in the control schema.
    func secretsAppear() throws -> Bool {
        let dump = try self.migration.controlSchemaText() + self.migration.logs
        for name in try FileManager.default.contentsOfDirectory(atPath: self.directory) where name.hasSuffix(".key") {
            if dump.contains(try self.value("secret-key", of: name)) { return true }
        }
        return false
    }

    private func value(_ word: String, of name: String) throws -> String {
        let text = try String(contentsOfFile: self.file(name), encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix(word + " ") }
        return String(line?.dropFirst(word.count + 1) ?? "")
    }
}

extension Migration {
    /// Every row of every table of the control schema, as text.
    func controlSchemaText() throws -> String {
        try self.rows(
            .target,
            """
            SELECT query_to_xml(format('SELECT * FROM %I.%I', schemaname, tablename), true, false, '')::text
              FROM pg_tables WHERE schemaname = 'godwit'
            """
        )
        .joined(separator: "\n")
    }
}
