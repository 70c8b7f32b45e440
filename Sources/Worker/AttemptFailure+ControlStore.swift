import ControlProtocol
import ControlStore
import Scheduling

extension AttemptFailure {
    /// The control schema could not be read; it is in the target.
    init(_ error: ControlStoreError) {
        self.init(
            error.isTransient ? .surroundings : .fault,
            side: .target,
            sqlState: error.sqlState,
            message: "\(error)"
        )
    }
}
