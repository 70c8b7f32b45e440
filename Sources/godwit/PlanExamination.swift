import Catalog
import ControlStore
import MigrationPlan
import Postgres
import Preflight

/// Looks at a plan file and at both databases, and collects whatever there is to say at once.
actor PlanExamination {
    private nonisolated let executor = BlockingExecutor(label: "godwit.examination")
    private let databases: DatabaseOptions
    private let applicationName: String

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    init(databases: DatabaseOptions, applicationName: String) {
        self.databases = databases
        self.applicationName = applicationName
    }

    /// Examines a plan as far as file and databases allow.
    ///
    /// - Parameters:
    ///   - path: The plan's file.
    ///   - readsData: Whether queries over whole tables are allowed.
    ///   - judgesOwner: Whether the role of the target is the coordinator's, which has to own the control schema.
    /// - Returns: What there is to say.
    func examine(path: String, readsData: Bool, judgesOwner: Bool = false) -> ExaminedPlan {
        let loaded = PlanLoader.load(path: path)
        var examined = ExaminedPlan(loaded)
        // Both are tried, whatever becomes of the first: two faults need not be found one after the other.
        let source = self.connect(.source, &examined)
        let target = self.connect(.target, &examined)
        guard let source, let target, let plan = loaded.plan else { return examined }
        do {
            let report = try Preflight.check(
                plan: plan,
                graph: DependencyGraph(of: plan),
                source: source,
                target: target,
                readsData: readsData
            )
            examined.findings += report.findings
            if judgesOwner { examined.findings += try Self.ownerFindings(target, at: plan.target.position) }
            examined.entities = report.entities
            examined.estimates = report.estimates
            examined.databases[0].version = report.source.version
            examined.databases[1].version = report.target.version
            examined.isResolved = report.passes
        } catch {
            examined.databases[0].error = "\(error)"
        }
        return examined
    }

    /// A control schema that others own; that it can't be made is among the catalog's findings.
    private static func ownerFindings(
        _ target: borrowing Connection,
        at position: Position
    ) throws(ControlStoreError) -> [Finding] {
        let standing = try ControlSchema.standing(on: target)
        guard standing.owner != nil, let obstacle = standing.obstacle else { return [] }
        let advice = "check with the coordinator's role in GODWIT_TARGET; \(obstacle.advice)"
        return [Finding(.error, "schema-owner", obstacle.text, hint: advice, at: position)]
    }

    /// Tries both databases.
    ///
    /// - Throws: `CommandFailure` that names each one that can't be used.
    func reachBoth() throws {
        var examined = ExaminedPlan(file: "")
        _ = self.connect(.source, &examined)
        _ = self.connect(.target, &examined)
        let errors = examined.databases.compactMap(\.error)
        guard let status = examined.databases.first(where: { $0.error != nil })?.status else { return }
        throw CommandFailure(status, errors.uniqued().joined(separator: "\ngodwit: "))
    }

    private func connect(_ role: ConnectionRole, _ examined: inout ExaminedPlan) -> Connection? {
        let side = role == .source ? "source" : "target"
        var database = ExaminedPlan.Database(side: side)
        defer { examined.databases.append(database) }
        do {
            let parameters = try role == .source ? self.databases.source() : self.databases.target()
            database.address = "\(parameters)"
            if let finding = self.exposure(parameters, side) { examined.findings.append(finding) }
            let connection = try Connection(parameters, role: role, applicationName: self.applicationName)
            database.version = connection.serverVersion
            return connection
        } catch {
            let failure = CommandFailure(error)
            database.error = failure.message
            database.status = failure.status
            return nil
        }
    }

    /// What `--insecure` lets pass is still said, and encryption towards anybody who answers is no protection.
    private func exposure(_ parameters: ConnectionParameters, _ side: String) -> Finding? {
        guard !parameters.isLocal, !parameters.verifiesServer else { return nil }
        if parameters.usesTLS {
            return Finding(
                .warning,
                "unverified-server",
                "the \(side) (\(parameters)) need not prove that it is that host: its sslmode is weaker than verify-full",
                hint: "add sslmode=verify-full, and sslrootcert where needed, to GODWIT_\(side.uppercased())",
                at: .none
            )
        }
        return Finding(
            .warning,
            "plaintext",
            "rows and password may cross the network to the \(side) (\(parameters)) unencrypted: --insecure allows it",
            hint: "add sslmode=verify-full to GODWIT_\(side.uppercased())",
            at: .none
        )
    }
}
