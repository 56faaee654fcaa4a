// What `kwind --help` is measured against: a process that imports the two packages and does nothing.
import 'yargs';
import 'better-sqlite3';
