/// Why there is no server to test against.
struct FixtureError: Error, CustomStringConvertible {
    let description: String
}
