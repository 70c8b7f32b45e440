import ControlStore
import Foundation
import Scheduling

/// Shows how a run is doing, from the control schema: in place on a terminal, in single lines elsewhere.
actor ProgressWatch {
    private let store: ControlStore
    private let subject: Subject
    private let style: Style
    private let terminal: Terminal
    private var writer: ScreenWriter
    private var plain = PlainProgress()
    private let start = ContinuousClock.now
    private var run: RunID?
    private(set) var view: RunView?

    /// Which run is shown.
    enum Subject {
        case run(RunID)
        /// The one that a coordinator begins or resumes now: unfinished, or with a higher number than any before.
        case plan(name: String, after: Int)
    }

    private enum Style {
        case display
        case plain
        case off
    }

    init(store: ControlStore, subject: Subject, mode: ProgressMode, terminal: Terminal = .error) {
        self.store = store
        self.subject = subject
        self.terminal = terminal
        self.writer = ScreenWriter(terminal)
        self.style =
            switch mode {
            case .auto: terminal.isInteractive ? .display : .plain
            case .plain: .plain
            case .off: .off
            }
    }

    /// Whether the log lines of children must be few, because a display stands below them.
    static func isDisplay(_ mode: ProgressMode) -> Bool { mode == .auto && Terminal.error.isInteractive }

    /// The status is read once in this time; half a second to ten are sensible.
    private static let interval = Duration.seconds(1)

    /// Shows progress until the task is cancelled, and then how it ended.
    func run() async {
        while !Task.isCancelled {
            await self.refresh()
            // A cancelled sleep ends the loop.
            try? await Task.sleep(for: Self.interval)
        }
        await self.refresh()
        self.writer.finish()
    }

    /// Shows progress until the run ends or a signal comes.
    func runUntilEnd() async {
        let watching = Task { await self.run() }
        let signals = Signals { _ in watching.cancel() }
        while !watching.isCancelled {
            if let view = self.view, !view.isActive { watching.cancel() }
            try? await Task.sleep(for: .milliseconds(100))
        }
        await watching.value
        withExtendedLifetime(signals) {}
    }

    /// Prints a line of a child's log.
    func show(_ line: String) {
        guard self.style == .display else {
            FileHandle.standardError.write(Data((line + "\n").utf8))
            return
        }
        self.writer.print(line)
        if let view = self.view { self.draw(view) }
    }

    private func refresh() async {
        guard self.style != .off else { return }
        do {
            if self.run == nil { self.run = try await Self.find(self.subject, in: self.store) }
            guard let run = self.run else { return }
            var view = try await RunView.read(run, from: self.store)
            view.watchedFor = (ContinuousClock.now - self.start) / .seconds(1)
            self.view = view
            switch self.style {
            case .display: self.draw(view)
            case .plain: for line in self.plain.lines(for: view) { self.show(line) }
            case .off: break
            }
        } catch {
            // The control schema is not there yet, or not reachable for the moment: the coordinator says what matters.
        }
    }

    /// The run as it stands now; nil where there is none, or it can't be read.
    static func currentView(of subject: Subject, in store: ControlStore) async -> RunView? {
        guard let run = try? await Self.find(subject, in: store) else { return nil }
        return try? await RunView.read(run, from: store)
    }

    private static func find(_ subject: Subject, in store: ControlStore) async throws -> RunID? {
        switch subject {
        case .run(let run):
            return run
        case .plan(let name, let after):
            if let unfinished = try await store.unfinishedRun(planName: name) { return unfinished.id }
            return try await store.runs(limit: 10).first { $0.name == name && $0.number > after }?.id
        }
    }

    private func draw(_ view: RunView) {
        let size = self.terminal.size ?? (columns: 80, rows: 24)
        // The last column and row stay free: a character there makes some terminals scroll.
        let screen = RunScreen(view: view, width: size.columns - 1, height: size.rows - 1)
        self.writer.draw(screen.lines, width: size.columns - 1)
    }
}
