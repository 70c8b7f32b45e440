import ControlStore
import Scheduling

/// What to do where the rows do not allow a unique index.
struct DuplicateAdvice {
    private let store: ControlStore
    /// Entities whose rows nobody refers to yet, in runs that can be gone on with, and how; each run is read once.
    private var open: [RunID: (run: RunRecord, entities: Set<EntityName>)] = [:]

    init(_ store: ControlStore) {
        self.store = store
    }

    /// Who deletes rows by hand where the run would make rejects of them leaves its sums wrong.
    mutating func text(for object: SuspendedRecord) async throws -> String {
        if self.open[object.run] == nil {
            let report = try await self.store.status(of: object.run)
            let canGoOn = [.running, .paused, .failed].contains(report.run.status)
            let open = report.entities.filter { canGoOn && !$0.stage.isSettled }
            self.open[object.run] = (report.run, Set(open.map(\.name)))
        }
        guard let (run, entities) = self.open[object.run], entities.contains(object.entity) else {
            return "keep one of these rows and delete or correct the others"
        }
        let command = run.status == .running ? "its coordinator, started again" : "godwit resume \(run.number)"
        return """
            leave the rows as they are and let run #\(run.number) go on (\(command)): it keeps one of them, and makes \
            rejects of the others
            """
    }
}
