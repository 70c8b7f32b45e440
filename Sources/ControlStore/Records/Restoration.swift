/// What became of objects that ended runs had left switched off.
package struct Restoration: Sendable {
    /// Switched on again.
    package var restored: [SuspendedRecord] = []
    /// Still off, with what the server said.
    package var refused: [(object: SuspendedRecord, error: ControlStoreError)] = []

    package init() {}
}
