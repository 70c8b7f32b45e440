import ControlStore
import Foundation

/// Shows how the newest run of a plan is doing, from the control schema.
actor ProgressWatch {
    private let store: ControlStore
    private let planName: String
    private let mode: ProgressMode

    init(store: ControlStore, planName: String, mode: ProgressMode) {
        self.store = store
        self.planName = planName
        self.mode = mode
    }

    /// Shows progress until the task is cancelled.
    func run() async {
    }

    /// Prints a line of a child's log.
    func show(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}
