import Foundation

/// What is measured, a line at a time, also into a pipe.
enum Report {
    static func line(_ text: String) {
        FileHandle.standardOutput.write(Data("\(text)\n".utf8))
    }
}
