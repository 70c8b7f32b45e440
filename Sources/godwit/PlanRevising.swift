import Catalog
import ControlStore
import Foundation
import MigrationPlan
import Postgres
import Preflight
import Scheduling

/// Turns a corrected plan file into a revision of a run's plan, or says why it can't be one.
actor PlanRevising {
    private nonisolated let executor = BlockingExecutor(label: "godwit.revising")
    private let databases: DatabaseOptions
    private let store: ControlStore
    /// Under which the databases see it.
    private let applicationName: String

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    init(databases: DatabaseOptions, store: ControlStore, command: String) {
        self.databases = databases
        self.store = store
        self.applicationName = "godwit \(command)"
    }

    /// Checks the file against the run's plan and both databases.
    ///
    /// - Returns: The revision; nil where the file is the plan that the run has.
    /// - Throws: `CommandFailure` with everything that stands against it.
    func revision(of run: RunRecord, path: String) async throws -> NewPlanRevision? {
        let loaded = PlanLoader.load(path: path)
        guard let corrected = loaded.plan, !loaded.findings.contains(where: { $0.severity == .error }) else {
            throw Self.invalid(path, loaded.findings)
        }
        guard corrected.hash != run.planHash else { return nil }
        let correction = try await self.correction(of: run, by: corrected, path)
        let suspended = try await self.store.suspendedTriggers(of: run.id)
        var resolved = try self.resolve(corrected, path, loaded.findings)
        for index in resolved.entities.indices {
            let off = suspended[.init(rawValue: resolved.entities[index].name)] ?? []
            let known = Set(resolved.entities[index].triggersToSuspend)
            resolved.entities[index].triggersToSuspend += off.filter { !known.contains($0) }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return NewPlanRevision(
            corrects: run.planRevision,
            planHash: corrected.hash,
            planText: corrected.text,
            resolvedPlan: String(decoding: try encoder.encode(resolved), as: UTF8.self),
            changes: correction.changes
        )
    }

    /// What the file changes, where that moves no row.
    private func correction(of run: RunRecord, by corrected: Plan, _ path: String) async throws -> PlanCorrection {
        let text = try await self.store.planText(run.id)
        guard let old = PlanLoader.load(text: text, file: "the run's plan").plan else {
            throw CommandFailure(
                .failed,
                "the plan of run #\(run.number) was written for another version of Godwit and can't be compared"
            )
        }
        let correction = PlanCorrection(of: old, by: corrected)
        guard correction.obstacles.isEmpty else {
            throw CommandFailure(
                .invalidPlan,
                """
                \(path) can't be a revision of run #\(run.number): it moves rows that are in the target, or others\n\
                \(correction.obstacles.map { "  \($0)" }.joined(separator: "\n"))
                cancel the run and begin a new one, or take these back
                """
            )
        }
        return correction
    }

    private func resolve(_ plan: Plan, _ path: String, _ findings: [Finding]) throws -> ResolvedPlan {
        let source = try Connection(
            try self.databases.source(),
            role: .source,
            applicationName: self.applicationName
        )
        let target = try Connection(
            try self.databases.target(),
            role: .target,
            applicationName: self.applicationName
        )
        // The run itself has filled the tables.
        var filled = plan
        for index in filled.entities.indices { filled.entities[index].into = .append }
        let report = try Preflight.check(
            plan: filled,
            graph: DependencyGraph(of: filled),
            source: source,
            target: target,
            readsData: false
        )
        guard var resolved = report.plan else { throw Self.invalid(path, findings + report.findings) }
        for index in resolved.entities.indices {
            guard let entity = plan.entity(named: resolved.entities[index].name) else { continue }
            resolved.entities[index].into = entity.into
        }
        return resolved
    }

    private static func invalid(_ path: String, _ findings: [Finding]) -> CommandFailure {
        let report = FindingReport(file: path, findings: findings.filter { $0.severity > .note })
        return CommandFailure(.invalidPlan, "the corrected plan can't be used:\n\(report.text)")
    }
}
