//! The command line of the generated main. The program's own arguments are left for [`AppBuilder::arg`].

use std::{ffi::OsString, fmt::Write};

use super::{AppBuilder, builder::Arguments};

/// What a program of agents can be asked to do.
const COMMANDS: [(&str, &str); 3] = [
    ("run", "run the agents until a signal; the default"),
    ("describe", "print the handlers and exit"),
    ("provision", "make what the agents need on the broker, and exit"),
];

/// The arguments that every generated main knows: name, value's name (empty for a switch), help.
const ARGUMENTS: [(&str, &str, &str); 7] = [
    ("broker", "URL", "the broker, `memory:` where nothing is said; or SOORMA_BROKER"),
    ("store", "URL", "the store, that of the broker where nothing is said; or SOORMA_STORE"),
    ("agent", "NAME", "run this agent only; may be repeated; or SOORMA_AGENTS=a,b"),
    ("format", "FORM", "with `describe`: `table`, where nothing is said, or `json`"),
    ("prune", "", "with `provision`: remove subscriptions of these agents that no handler claims"),
    ("help", "", "print this and exit"),
    ("version", "", "print the version and exit"),
];

/// What the program is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Command {
    /// Run the agents.
    #[default]
    Run,
    /// Print the handlers.
    Describe(Format),
    /// Make what the agents need on the broker.
    Provision {
        /// Whether to remove what no handler claims.
        prune: bool,
    },
}

/// How something is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    /// For people.
    #[default]
    Table,
    /// For tools.
    Json,
}

/// What the command line and the environment say.
#[derive(Debug, Default)]
pub(super) struct CommandLine {
    pub(super) command: Command,
    broker: Option<String>,
    store: Option<String>,
    agents: Vec<String>,
    pub(super) help: bool,
    pub(super) version: bool,
    rest: Vec<OsString>,
}

impl CommandLine {
    /// Reads arguments (without the program's name) and `SOORMA_*`; arguments win.
    ///
    /// # Errors
    /// What is wrong, for the user.
    pub(super) fn read(
        arguments: impl IntoIterator<Item = OsString>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let mut read = Self::default();
        let mut arguments = arguments.into_iter().peekable();
        // A command stands first: whatever follows an argument of the program's own may be its value.
        if let Some(first) = arguments.next_if(|first| !first.to_string_lossy().starts_with('-')) {
            read.command = Command::named(&first.to_string_lossy())?;
        }
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy();
            let (name, inline) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (&*text, None),
            };
            let mut value = |what: &str| {
                inline
                    .clone()
                    .or_else(|| arguments.next().map(|next| next.to_string_lossy().into_owned()))
                    .ok_or_else(|| format!("`{name}` needs a value: `{name} {what}`"))
            };
            match name {
                "--broker" => read.broker = Some(value("URL")?),
                "--store" => read.store = Some(value("URL")?),
                "--agent" => read.agents.push(value("NAME")?),
                "--format" => {
                    let format = Format::named(&value("FORM")?)?;
                    let Command::Describe(chosen) = &mut read.command else {
                        return Err("`--format` goes with the command `describe`".to_owned());
                    };
                    *chosen = format;
                }
                "--prune" => {
                    let Command::Provision { prune } = &mut read.command else {
                        return Err("`--prune` goes with the command `provision`".to_owned());
                    };
                    *prune = true;
                }
                "--help" | "-h" => read.help = true,
                "--version" | "-V" => read.version = true,
                _ => read.rest.push(argument),
            }
        }
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        read.broker = read.broker.or_else(|| set("SOORMA_BROKER"));
        read.store = read.store.or_else(|| set("SOORMA_STORE"));
        if read.agents.is_empty()
            && let Some(names) = set("SOORMA_AGENTS")
        {
            read.agents = names.split(',').map(|name| name.trim().to_owned()).collect();
        }
        Ok(read)
    }

    /// Puts into the builder what was said.
    pub(super) fn apply(self, mut app: AppBuilder) -> AppBuilder {
        if let Some(url) = self.broker {
            app = app.broker_url(url);
        }
        if let Some(url) = self.store {
            app = app.store_url(url);
        }
        app.agents = self.agents;
        app.arguments.given = self.rest;
        app
    }
}

impl Command {
    fn named(name: &str) -> Result<Self, String> {
        match name {
            "run" => Ok(Self::Run),
            "describe" => Ok(Self::Describe(Format::Table)),
            "provision" => Ok(Self::Provision { prune: false }),
            _ => {
                let names = COMMANDS.map(|(name, _)| format!("`{name}`"));
                Err(format!("no command `{name}`; there are {}", names.join(", ")))
            }
        }
    }
}

impl Format {
    fn named(name: &str) -> Result<Self, String> {
        match name {
            "table" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            _ => Err(format!("no format `{name}`; there are `table`, `json`")),
        }
    }
}

impl Arguments {
    /// What nobody knows, as an error for the user.
    pub(super) fn unknown(&self) -> Option<String> {
        let unknown = self.given.first()?.to_string_lossy().into_owned();
        if COMMANDS.iter().any(|(name, _)| *name == unknown) {
            return Some(format!("the command stands first: `{unknown}`, and then the arguments"));
        }
        let known: Vec<String> = self
            .known
            .iter()
            .map(|(name, ..)| *name)
            .chain(ARGUMENTS.map(|(name, ..)| name))
            .map(|name| format!("--{name}"))
            .collect();
        let bare = unknown.split('=').next().unwrap_or_default();
        if known.iter().any(|name| name == bare) {
            return Some(format!("`{unknown}` needs a value"));
        }
        Some(format!("no argument `{unknown}`; there are {}", known.join(", ")))
    }

    /// The lines of `--help` on commands and arguments.
    pub(super) fn help(&self) -> String {
        let mut lines = String::from("Commands:\n");
        for (name, help) in COMMANDS {
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "  {name:<18} {help}");
        }
        lines += "\nArguments:\n";
        for (name, value, help) in self.known.iter().chain(&ARGUMENTS) {
            let flag = format!("--{name} {value}");
            let _ = writeln!(lines, "  {flag:<18} {help}");
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::App;

    fn read(arguments: &[&str], environment: &[(&str, &str)]) -> Result<CommandLine, String> {
        CommandLine::read(arguments.iter().map(OsString::from), |name| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn arguments_win_over_the_environment() {
        let line = read(
            &["--broker=memory:?capacity=5", "--agent", "a"],
            &[("SOORMA_BROKER", "nats://x"), ("SOORMA_AGENTS", "b,c"), ("SOORMA_STORE", "memory:")],
        )
        .unwrap();
        assert_eq!(line.broker.as_deref(), Some("memory:?capacity=5"));
        assert_eq!(line.agents, ["a"]);
        assert_eq!(line.store.as_deref(), Some("memory:"));
        assert_eq!(read(&[], &[("SOORMA_AGENTS", "b, c")]).unwrap().agents, ["b", "c"]);
    }

    #[test]
    fn a_program_takes_its_own_arguments_and_what_remains_is_an_error() {
        let line = read(&["--orders", "-", "--fast=1", "--order", "x"], &[]).unwrap();
        let mut app = line.apply(App::builder("a"));
        assert_eq!(app.arg("orders", "FILE", "orders").as_deref(), Some("-"));
        assert_eq!(app.arg("fast", "N", "").as_deref(), Some("1"));
        assert_eq!(app.arg("absent", "N", ""), None);
        let error = app.arguments.unknown().unwrap();
        assert!(error.starts_with("no argument `--order`; there are --orders, --fast,"), "{error}");
        assert!(app.arguments.help().contains("--orders FILE"));
    }

    #[test]
    fn a_command_stands_first() {
        let command = |arguments: &[&str]| read(arguments, &[]).map(|line| line.command);
        assert_eq!(command(&[]), Ok(Command::Run));
        assert_eq!(command(&["run", "--agent", "a"]), Ok(Command::Run));
        assert_eq!(command(&["describe"]), Ok(Command::Describe(Format::Table)));
        assert_eq!(command(&["describe", "--format=json"]), Ok(Command::Describe(Format::Json)));
        assert_eq!(command(&["--orders", "describe"]), Ok(Command::Run), "the value of an argument");
        assert_eq!(command(&["provision", "--prune"]), Ok(Command::Provision { prune: true }));
        assert_eq!(
            command(&["descibe"]).unwrap_err(),
            "no command `descibe`; there are `run`, `describe`, `provision`"
        );
        assert_eq!(command(&["run", "--prune"]).unwrap_err(), "`--prune` goes with the command `provision`");
        assert_eq!(
            command(&["describe", "--format", "yaml"]).unwrap_err(),
            "no format `yaml`; there are `table`, `json`"
        );
        assert_eq!(
            command(&["--format", "json"]).unwrap_err(),
            "`--format` goes with the command `describe`"
        );
    }

    #[test]
    fn a_missing_value_is_named() {
        assert_eq!(read(&["--broker"], &[]).unwrap_err(), "`--broker` needs a value: `--broker URL`");
        let app = read(&["--agent", "a", "describe"], &[]).unwrap().apply(App::builder("a"));
        assert_eq!(
            app.arguments.unknown().as_deref(),
            Some("the command stands first: `describe`, and then the arguments")
        );
        let mut app = read(&["--orders"], &[]).unwrap().apply(App::builder("a"));
        assert_eq!(app.arg("orders", "FILE", ""), None);
        assert_eq!(app.arguments.unknown().as_deref(), Some("`--orders` needs a value"));
    }
}
