//! The line that is typed into: prompt, history, completion, colors.

use std::borrow::Cow;
use std::path::Path;

use anyhow::Context;
use reedline::{
    Color, ColumnarMenu, EditCommand, Emacs, FileBackedHistory, Highlighter, InputMode, KeyCode,
    KeyModifiers, MenuBuilder, Prompt, PromptEditMode, PromptHistorySearch,
    PromptHistorySearchStatus, Reedline, ReedlineEvent, ReedlineMenu, StyledText, ValidationResult,
    Validator, default_emacs_keybindings,
};

use floodmark_engine::dialect::KEYWORDS;

use crate::settings::Settings;
use crate::shell::completion::Names;
use crate::shell::input::{Kind, split, tokens};
use crate::shell::talk;

/// The name of the history in the data folder.
const HISTORY: &str = "history";

/// How many entries the history keeps.
const HISTORY_ENTRIES_MAX: usize = 10_000;

/// The name by which the key finds the menu.
const MENU: &str = "completion";

/// A line editor with the history of earlier sessions, if there is one.
pub(crate) fn open(names: Names, settings: &Settings) -> Reedline {
    let mut keys = default_emacs_keybindings();
    let complete = vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext];
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, ReedlineEvent::UntilFound(complete));
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    let new_line = ReedlineEvent::Edit(vec![EditCommand::InsertNewline]);
    keys.add_binding(KeyModifiers::ALT, KeyCode::Enter, new_line);
    // The tables stand after the columns: what is behind the cursor is part of the question.
    let menu = ColumnarMenu::default()
        .with_name(MENU)
        .with_marker("> ")
        .with_input_mode(InputMode::FullBuffer);
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let editor = Reedline::create()
        .with_edit_mode(Box::new(Emacs::new(keys)))
        .with_completer(Box::new(names))
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
        .with_partial_completions(true)
        .with_validator(Box::new(Ended))
        .with_highlighter(Box::new(Colors))
        .with_ansi_colors(!no_color)
        .use_bracketed_paste(true);
    match settings.home().and_then(|home| history(&home)) {
        Ok(history) => editor.with_history(Box::new(history)),
        Err(failure) => {
            talk(&format!("warning: the history is not kept: {failure:#}\n"));
            editor
        }
    }
}

fn history(home: &Path) -> anyhow::Result<FileBackedHistory> {
    let path = home.join(HISTORY);
    let history = create(home, &path)
        .map_err(anyhow::Error::from)
        .and_then(|()| Ok(FileBackedHistory::with_file(HISTORY_ENTRIES_MAX, path.clone())?));
    history.with_context(|| format!("cannot open `{}`", path.display()))
}

/// Creates the history so that only its owner reads which addresses were asked for.
fn create(home: &Path, path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(home)?;
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

/// Enter ends the input when every statement has its `;`.
struct Ended;

impl Validator for Ended {
    fn validate(&self, line: &str) -> ValidationResult {
        let (_, rest) = split(line);
        if rest.is_empty() { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

/// Shows keywords, texts and comments apart.
struct Colors;

impl Highlighter for Colors {
    fn highlight(&self, line: &str, _cursor: usize) -> StyledText {
        let mut styled = StyledText::new();
        for token in tokens(line) {
            let style = match token.kind {
                Kind::Word if KEYWORDS.contains(&token.text.to_uppercase().as_str()) => {
                    Color::Blue.bold()
                }
                Kind::Text => Color::Green.normal(),
                Kind::Comment => Color::DarkGray.normal(),
                Kind::Command => Color::Cyan.normal(),
                _ => Color::Default.normal(),
            };
            styled.push((style, token.text.to_owned()));
        }
        styled
    }
}

/// `floodmark> `, and `       -> ` on further lines.
pub(crate) struct Ask;

impl Prompt for Ask {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed("floodmark")
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("> ")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("        -> ")
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let found = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "nothing for ",
        };
        Cow::Owned(format!(" ({found}{})> ", search.term))
    }
}
