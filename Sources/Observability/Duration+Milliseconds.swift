extension Duration {
    /// The whole milliseconds, for `duration.ms`.
    package var milliseconds: Int64 {
        self.components.seconds * 1000 + self.components.attoseconds / 1_000_000_000_000_000
    }
}
