/// `1 attempt`, `2 attempts`: numbers in messages.
func counted(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
}
