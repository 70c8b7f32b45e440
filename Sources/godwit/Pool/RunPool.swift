import ControlStore
import Foundation
import Scheduling

/// Works on a run with a coordinator and local workers, shows how it goes, and says at the end what came of it.
struct RunPool {
    private let task: Task
    private let pool: LocalPool
    private let databases: DatabaseOptions
    private let progress: ProgressMode
    private let json: Bool

    /// Which run the coordinator is started for.
    enum Task {
        case plan(path: String, name: String)
        case run(RunID)
    }

    init(
        task: Task,
        options: PoolOptions,
        databases: DatabaseOptions,
        logs: LogOptions,
        json: Bool
    ) throws {
        self.task = task
        self.databases = databases
        self.progress = options.progress
        self.json = json
        let shared =
            logs.arguments(underDisplay: ProgressWatch.isDisplay(options.progress))
            + (databases.insecure ? ["--insecure"] : [])
        let (coordinator, worker) =
            switch task {
            case .plan(let path, _): (["--plan", path], ["--plan", path])
            case .run(let run): (["--run", run.description], [])
            }
        self.pool = LocalPool(
            coordinator: ["coordinator"] + coordinator + shared
                + (options.leaveWhenPaused ? ["--leave-when-paused"] : []),
            worker: ["worker", "--slots", "\(options.slots)"] + worker + shared,
            workers: options.workers
        )
    }

    /// Runs until the coordinator has left.
    ///
    /// - Throws: `CommandFailure` with the coordinator's exit status.
    func run() async throws {
        // One message about a database that can't be reached, rather than one from every child.
        try await PlanExamination(databases: self.databases, applicationName: "godwit migrate").reachBoth()
        let store = ControlStore(parameters: try self.databases.target(), applicationName: "godwit migrate")
        let subject = await self.subject(store)
        let failure = try await self.pool.run(
            watch: ProgressWatch(store: store, subject: subject, mode: self.progress),
            store: store
        )
        // Reading it takes a while where there are many rejects, so only for somebody who will see it.
        if self.json || self.progress != .off, let view = await ProgressWatch.currentView(of: subject, in: store) {
            if self.json {
                try JSONOutput.print(await RunReport.complete(view, from: store))
            } else {
                StandardOutput.write(RunSummaryText(view: view, width: Terminal.output.tableWidth).text)
            }
        }
        if let failure {
            if failure.status == .invalidPlan, case .plan(_, let name) = self.task {
                await Self.recallRun(of: name, store)
            }
            throw failure
        }
    }

    /// Where tables that are not empty were filled by a run that is complete, that is the thing to know.
    private static func recallRun(of name: String, _ store: ControlStore) async {
        // Without a control schema there is none.
        guard let run = try? await store.runs().first(where: { $0.name == name }), run.status == .completed else {
            return
        }
        let text = "godwit: run #\(run.number) of plan \(name) is completed: godwit status \(run.number)\n"
        FileHandle.standardError.write(Data(text.utf8))
    }

    private func subject(_ store: ControlStore) async -> ProgressWatch.Subject {
        switch self.task {
        case .run(let run):
            return .run(run)
        case .plan(_, let name):
            // Without a control schema there is no run before this one; an unfinished one is gone on with.
            if let unfinished = try? await store.unfinishedRun(planName: name) { return .run(unfinished.id) }
            let newest = (try? await store.runs(limit: 1))?.first?.number
            return .plan(name: name, after: newest ?? 0)
        }
    }
}
