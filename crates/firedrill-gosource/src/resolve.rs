//! What values stand for: names and fields followed to where they are set, calls of helpers into their bodies.

use crate::syntax::{File, FunctionId, Of, Site, Value, ValueId};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// References are followed no further than this.
const MAX_DEPTH: usize = 24;
/// Expressions nest no deeper than this.
const MAX_NESTING: usize = 24;
/// More callers of a helper are not looked at.
const MOST_CALLERS: usize = 400;
/// How many steps one question may take.
const MOST_STEPS: u32 = 4000;

/// All files of a project.
pub(crate) struct Project<'p, 't> {
    pub(crate) files: &'p [File<'t>],
    packages: Vec<Package<'t>>,
    package_of: Vec<usize>,
    locals: Vec<Locals<'t>>,
    steps: Cell<u32>,
    /// How many questions are open that a value's parts raise: `labels = append(labels, …)` asks for itself.
    open: Cell<usize>,
    /// Whether an answer has turned on what a caller passes; see [`Project::wherever_called`].
    asked_caller: Cell<bool>,
    /// Answers of [`Project::contexts`] by file, function and depth: every literal of a function asks for them.
    contexts: RefCell<FxHashMap<ContextsKey, Rc<[Place]>>>,
    /// Answers of [`Project::imported`] by path and the package that imports it.
    imported: RefCell<FxHashMap<(&'p str, usize), Option<usize>>>,
    /// What fields are set to, by the file that reads them, the type of their struct and their name.
    set_fields: RefCell<FxHashMap<FieldKey<'t>, Rc<[Term]>>>,
}

type ContextsKey = (usize, FunctionId, usize);
type FieldKey<'t> = (usize, Option<&'t str>, &'t str);

/// What the functions of a file bind.
type Locals<'t> = FxHashMap<(FunctionId, &'t str), Vec<(ValueId, Site)>>;

/// A call: its file, the call, and the function in which it stands.
type CallSite = (usize, ValueId, Option<FunctionId>);

/// The files of a folder.
#[derive(Default)]
struct Package<'t> {
    folder: &'t str,
    files: Vec<usize>,
    names: FxHashMap<&'t str, Vec<(usize, ValueId)>>,
    /// Fields, by index into the file's list.
    fields: FxHashMap<&'t str, Vec<(usize, usize)>>,
    functions: FxHashMap<&'t str, Vec<(usize, FunctionId)>>,
    calls: FxHashMap<&'t str, Vec<CallSite>>,
}

/// Where a value is looked at: the parameters of a function have values if it is known who calls.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) file: usize,
    pub(crate) function: Option<FunctionId>,
    call: Option<Rc<CallOf>>,
}

struct CallOf {
    function: (usize, FunctionId),
    args: Rc<[ValueId]>,
    place: Place,
}

/// A value at a place.
#[derive(Clone)]
pub(crate) struct Term {
    pub(crate) value: ValueId,
    pub(crate) place: Place,
}

impl Term {
    /// Another value of the same place.
    pub(crate) fn at(&self, value: ValueId) -> Term {
        Term {
            value,
            place: self.place.clone(),
        }
    }
}

impl Place {
    pub(crate) fn new(file: usize, function: Option<FunctionId>) -> Self {
        Place {
            file,
            function,
            call: None,
        }
    }

    /// Whether it is known who calls.
    pub(crate) fn is_called(&self) -> bool {
        self.call.is_some()
    }
}

impl<'p, 't> Project<'p, 't> {
    pub(crate) fn new(files: &'p [File<'t>]) -> Self {
        let mut project = Project {
            files,
            packages: Vec::new(),
            package_of: Vec::new(),
            locals: Vec::new(),
            steps: Cell::new(0),
            open: Cell::new(0),
            asked_caller: Cell::new(false),
            contexts: RefCell::default(),
            imported: RefCell::default(),
            set_fields: RefCell::default(),
        };
        let mut folders: FxHashMap<&'t str, usize> = FxHashMap::default();
        for (index, file) in files.iter().enumerate() {
            let folder = file.name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let at = *folders.entry(folder).or_insert_with(|| {
                project.packages.push(Package {
                    folder,
                    ..Package::default()
                });
                project.packages.len() - 1
            });
            project.package_of.push(at);
            let locals = project.packages[at].add(index, file);
            project.locals.push(locals);
        }
        project
    }

    pub(crate) fn package(&self, file: usize) -> usize {
        self.package_of.get(file).copied().unwrap_or_default()
    }

    pub(crate) fn value(&self, term: &Term) -> &'p Value<'t> {
        static UNKNOWN: Value<'static> = Value::Unknown;
        let file = self.files.get(term.place.file);
        file.and_then(|file| file.values.get(term.value.0 as usize))
            .unwrap_or(&UNKNOWN)
    }

    /// What a value stands for; several where it depends on the way that the program takes.
    pub(crate) fn resolve(&self, term: &Term) -> Vec<Term> {
        let mut found = Vec::new();
        self.resolve_until(term, |term| {
            found.push(term.clone());
            false
        });
        found
    }

    /// Shows what a value stands for, one after the other, until `enough` says that no more has to be found.
    pub(crate) fn resolve_until(&self, term: &Term, mut enough: impl FnMut(&Term) -> bool) {
        if self.open.get() == 0 {
            self.steps.set(0);
        }
        self.open.set(self.open.get() + 1);
        self.follow(term, 0, &mut enough);
        self.open.set(self.open.get() - 1);
    }

    /// The answer to a question, and whether it is the same whoever calls the functions around it.
    pub(crate) fn wherever_called<T>(&self, ask: impl FnOnce() -> T) -> (T, bool) {
        let before = self.asked_caller.replace(false);
        let answer = ask();
        let asked = self.asked_caller.replace(before);
        self.asked_caller.set(before || asked);
        (answer, !asked)
    }

    /// Returns whether that was enough.
    fn follow(&self, term: &Term, depth: usize, enough: &mut dyn FnMut(&Term) -> bool) -> bool {
        self.steps.set(self.steps.get() + 1);
        if depth > MAX_DEPTH || self.steps.get() > MOST_STEPS {
            return enough(term);
        }
        let next: Vec<Term> = match self.value(term) {
            Value::Name(name) => self.name(name, term),
            Value::Field(base, field) => self.field(term, *base, field),
            Value::Element(base, key) => self.elements(&term.at(*base), key.map(|key| term.at(key)), depth),
            Value::Call { callee, args, .. } => self.inlined(term, *callee, args),
            _ => Vec::new(),
        };
        if next.is_empty() {
            return enough(term);
        }
        next.iter().any(|next| self.follow(next, depth + 1, enough))
    }

    /// The elements of a list or map; of a map those of the key, where that is constant.
    fn elements(&self, base: &Term, key: Option<Term>, depth: usize) -> Vec<Term> {
        let mut lists = Vec::new();
        self.follow(base, depth + 1, &mut |list| {
            lists.push(list.clone());
            false
        });
        let key = key.and_then(|key| self.text(&key));
        let mut elements = Vec::new();
        for list in lists {
            let Value::Literal {
                parts,
                collection: true,
                ..
            } = self.value(&list)
            else {
                continue;
            };
            for (of, part) in parts {
                if let (Some(wanted), Some(of)) = (&key, of)
                    && self.text(&list.at(*of)).is_some_and(|of| of != *wanted)
                {
                    continue;
                }
                elements.push(list.at(*part));
            }
        }
        elements
    }

    /// The values that a name of a function may hold where it is looked at: those that it got since the declaration that
    /// counts there.
    fn local(&self, file: usize, function: FunctionId, name: &str, at: u32) -> Vec<ValueId> {
        let Some(all) = self.locals.get(file).and_then(|it| it.get(&(function, name))) else {
            return Vec::new();
        };
        let seen = |site: &Site| site.at <= at && (site.block.0..=site.block.1).contains(&at);
        let declaration = all
            .iter()
            .filter(|(_, site)| site.declares && seen(site))
            .max_by_key(|(_, site)| site.at);
        let within = declaration.map(|(_, site)| *site);
        all.iter()
            .filter(|(_, site)| match within {
                Some(from) => {
                    *site == from
                        || (!site.declares
                            && site.at >= from.at
                            && (from.block.0..=from.block.1).contains(&site.at))
                }
                None => true,
            })
            .map(|(value, _)| *value)
            .collect()
    }

    /// The values that two names of a function get in the same blocks, where each gets one there: they belong together.
    pub(crate) fn together(&self, one: &Term, other: &Term) -> Vec<(Term, Term)> {
        let (Value::Name(a), Value::Name(b), Some(function)) =
            (self.value(one), self.value(other), one.place.function)
        else {
            return Vec::new();
        };
        let bound = |name: &str, at: u32| -> Vec<(ValueId, Site)> {
            let wanted = self.local(one.place.file, function, name, at);
            let all = self
                .locals
                .get(one.place.file)
                .and_then(|it| it.get(&(function, name)));
            let all = all.into_iter().flatten().copied();
            all.filter(|(value, _)| wanted.contains(value)).collect()
        };
        let (first, second) = (bound(a, self.offset(one)), bound(b, self.offset(other)));
        let alone = |all: &[(ValueId, Site)], block| all.iter().filter(|it| it.1.block == block).count() == 1;
        let paired = |it: &(ValueId, Site), others: &[(ValueId, Site)]| -> Option<ValueId> {
            let block = it.1.block;
            let partner = others.iter().find(|other| other.1.block == block)?;
            (alone(&first, block) && alone(&second, block)).then_some(partner.0)
        };
        let pairs: Option<Vec<_>> = first
            .iter()
            .map(|it| Some((one.at(it.0), other.at(paired(it, &second)?))))
            .collect();
        pairs
            .filter(|pairs| pairs.len() == second.len())
            .unwrap_or_default()
    }

    /// How a text begins and ends that is partly made at run time.
    pub(crate) fn ends(&self, term: &Term) -> Option<(String, String)> {
        let whole = |value: ValueId, of: &Term| self.text(&of.at(value));
        self.agreed(term, |it| match self.value(it) {
            Value::Binary(b'+', left, right) => match (whole(*left, it), whole(*right, it)) {
                (Some(left), Some(right)) => Some((left + &right, String::new())),
                (Some(left), None) => {
                    let (start, end) = self.ends(&it.at(*right)).unwrap_or_default();
                    Some((left + &start, end))
                }
                (None, Some(right)) => {
                    let (start, end) = self.ends(&it.at(*left)).unwrap_or_default();
                    Some((start, end + &right))
                }
                (None, None) => None,
            },
            Value::Call { callee, args, .. } if self.called(&it.at(*callee)) == Some("BuildFQName") => {
                let [namespace, subsystem, name] = args.as_slice() else {
                    return None;
                };
                let (start, end) = self.ends(&it.at(*name)).unwrap_or_default();
                let start = full_name(
                    &whole(*namespace, it)?,
                    &whole(*subsystem, it)?,
                    &format!("{start}\u{0}"),
                );
                Some((start.trim_end_matches('\u{0}').to_owned(), end))
            }
            _ => None,
        })
    }

    fn offset(&self, term: &Term) -> u32 {
        let file = self.files.get(term.place.file);
        file.and_then(|file| file.offsets.get(term.value.0 as usize).copied())
            .unwrap_or_default()
    }

    /// What a name is bound to where a term stands.
    fn name(&self, name: &str, term: &Term) -> Vec<Term> {
        let place = &term.place;
        let Some(file) = self.files.get(place.file) else {
            return Vec::new();
        };
        let mut function = place.function;
        while let Some(id) = function {
            let Some(of) = file.functions.get(id.0 as usize) else {
                break;
            };
            if let Some(index) = of.parameters.iter().position(|(known, _)| *known == name) {
                self.asked_caller.set(true);
                let call = place
                    .call
                    .as_ref()
                    .filter(|call| call.function == (place.file, id));
                let arg = call.and_then(|call| Some((call, *call.args.get(index)?)));
                return arg
                    .map(|(call, value)| Term {
                        value,
                        place: call.place.clone(),
                    })
                    .into_iter()
                    .collect();
            }
            let values = self.local(place.file, id, name, self.offset(term));
            if !values.is_empty() {
                let at = Place {
                    function,
                    ..place.clone()
                };
                return values
                    .iter()
                    .map(|value| Term {
                        value: *value,
                        place: at.clone(),
                    })
                    .collect();
            }
            function = of.parent;
        }
        self.global(self.package(place.file), name, Some(place.file))
    }

    /// What a name of a package is bound to; the file's own binding where there are several.
    fn global(&self, package: usize, name: &str, file: Option<usize>) -> Vec<Term> {
        let Some(bindings) = self.packages.get(package).and_then(|it| it.names.get(name)) else {
            return Vec::new();
        };
        let own = bindings.iter().any(|(of, _)| Some(*of) == file);
        bindings
            .iter()
            .filter(|(of, _)| !own || Some(*of) == file)
            .map(|(of, value)| Term {
                value: *value,
                place: Place::new(*of, None),
            })
            .collect()
    }

    fn field(&self, term: &Term, base: ValueId, field: &'t str) -> Vec<Term> {
        let base = term.at(base);
        if let Value::Name(alias) = self.value(&base)
            && let Some(path) = self.files[term.place.file].imports.get(alias)
            && self.name(alias, &base).is_empty()
        {
            let package = self.imported(path, term.place.file);
            return package.map_or_else(Vec::new, |package| self.global(package, field, None));
        }
        let wanted = self.type_of(&base, 0);
        let key = (term.place.file, wanted, field);
        if let Some(known) = self.set_fields.borrow().get(&key) {
            return known.to_vec();
        }
        let answer = self.search_field(term.place.file, wanted, field);
        // Cut short it would be another answer than a question with more steps left gets.
        if self.steps.get() <= MOST_STEPS {
            self.set_fields.borrow_mut().insert(key, answer.as_slice().into());
        }
        answer
    }

    /// What a field of a type is set to: in the same file, or else in the same package.
    fn search_field(&self, reader: usize, wanted: Option<&'t str>, field: &str) -> Vec<Term> {
        let Some(all) = self
            .packages
            .get(self.package(reader))
            .and_then(|it| it.fields.get(field))
        else {
            return Vec::new();
        };
        let rank = |(file, index): &(usize, usize)| -> u8 {
            let binding = &self.files[*file].fields[*index];
            let of = match binding.of {
                Of::Type(name) => Some(name),
                Of::Value(value) => {
                    let place = Place::new(*file, binding.function);
                    self.type_of(&Term { value, place }, 0)
                }
            };
            let same_file = *file == reader;
            match (wanted, of) {
                (Some(wanted), Some(of)) if wanted == of => 2 + u8::from(same_file),
                (Some(_), Some(_)) => 0,
                // Without the type only what stands in the same file can be meant.
                _ => u8::from(same_file),
            }
        };
        let ranked: Vec<(u8, &(usize, usize))> = all.iter().map(|it| (rank(it), it)).collect();
        let best = ranked.iter().map(|it| it.0).max().unwrap_or_default();
        if best == 0 {
            return Vec::new();
        }
        ranked
            .into_iter()
            .filter(|(rank, _)| *rank == best)
            .map(|(_, (file, index))| {
                let binding = &self.files[*file].fields[*index];
                Term {
                    value: binding.value,
                    place: Place::new(*file, binding.function),
                }
            })
            .collect()
    }

    /// The struct type of a value, where it is written down.
    fn type_of(&self, term: &Term, depth: usize) -> Option<&'t str> {
        if depth > MAX_NESTING {
            return None;
        }
        match self.value(term) {
            Value::Literal {
                type_name,
                collection: false,
                ..
            } => Some(*type_name).filter(|name| !name.is_empty()),
            Value::Name(name) => {
                let file = self.files.get(term.place.file)?;
                let mut function = term.place.function;
                while let Some(id) = function {
                    let of = file.functions.get(id.0 as usize)?;
                    let typed = of.receiver.iter().chain(&of.parameters).find(|it| it.0 == *name);
                    if let Some((_, type_name)) = typed {
                        return Some(*type_name).filter(|name| !name.is_empty());
                    }
                    let values = self.local(term.place.file, id, name, self.offset(term));
                    if !values.is_empty() {
                        let place = Place::new(term.place.file, function);
                        return values.into_iter().find_map(|value| {
                            let place = place.clone();
                            self.type_of(&Term { value, place }, depth + 1)
                        });
                    }
                    function = of.parent;
                }
                None
            }
            Value::Field(base, field) => {
                let of = self.type_of(&term.at(*base), depth + 1)?;
                let package = self.packages.get(self.package(term.place.file))?;
                let files = package.files.iter().filter_map(|file| self.files.get(*file));
                let mut types = files.filter_map(|file| {
                    let fields = file.structs.get(of)?;
                    fields.iter().find(|(name, _)| name == field).map(|it| it.1)
                });
                let first = types.next()?;
                types.all(|other| other == first).then_some(first)
            }
            Value::Element(base, _) => match self.type_of(&term.at(*base), depth + 1) {
                Some(known) => Some(known),
                None => self
                    .resolve(&term.at(*base))
                    .iter()
                    .find_map(|list| match self.value(list) {
                        Value::Literal {
                            type_name,
                            collection: true,
                            ..
                        } if !type_name.is_empty() => Some(*type_name),
                        _ => None,
                    }),
            },
            _ => None,
        }
    }

    /// What a call of a function of the project returns.
    fn inlined(&self, term: &Term, callee: ValueId, args: &[ValueId]) -> Vec<Term> {
        let Some((file, function)) = self.callee(&term.at(callee), args.len()) else {
            return Vec::new();
        };
        let Some(of) = self
            .files
            .get(file)
            .and_then(|it| it.functions.get(function.0 as usize))
        else {
            return Vec::new();
        };
        let place = Place {
            file,
            function: Some(function),
            call: Some(Rc::new(CallOf {
                function: (file, function),
                args: args.into(),
                place: term.place.clone(),
            })),
        };
        of.returns
            .iter()
            .map(|value| Term {
                value: *value,
                place: place.clone(),
            })
            .filter(|result| !matches!(self.value(result), Value::Nil))
            .collect()
    }

    /// The one function of the project that is called.
    fn callee(&self, callee: &Term, args: usize) -> Option<(usize, FunctionId)> {
        let (package, name, method) = match self.value(callee) {
            Value::Name(name) => {
                let mut bound = self.name(name, callee).into_iter();
                if let (Some(one), None) = (bound.next(), bound.next()) {
                    return match self.value(&one) {
                        Value::Function(id) => Some((one.place.file, *id)),
                        _ => None,
                    };
                }
                (self.package(callee.place.file), *name, false)
            }
            Value::Field(base, name) => match self.value(&callee.at(*base)) {
                Value::Name(alias) if self.files[callee.place.file].imports.contains_key(alias) => {
                    let path = self.files[callee.place.file].imports.get(alias)?;
                    (self.imported(path, callee.place.file)?, *name, false)
                }
                _ => (self.package(callee.place.file), *name, true),
            },
            _ => return None,
        };
        let all = self.packages.get(package)?.functions.get(name)?;
        let of = |it: &(usize, FunctionId)| self.files[it.0].functions.get(it.1.0 as usize);
        let mut fitting = all.iter().filter(|it| {
            of(it).is_some_and(|of| of.receiver.is_some() == method && of.parameters.len() == args)
        });
        let first = *fitting.next()?;
        let others: Vec<_> = fitting.collect();
        if others.is_empty() {
            return Some(first);
        }
        // One per operating system: the one of this file counts.
        let own = all.iter().filter(|it| it.0 == callee.place.file);
        let own: Vec<_> = own.collect();
        match own.as_slice() {
            [one] => Some(**one),
            _ => None,
        }
    }

    /// The package that an import path leads to: the folder with the longest common end, nearest to the file.
    fn imported(&self, path: &'p str, file: usize) -> Option<usize> {
        let key = (path, self.package(file));
        if let Some(known) = self.imported.borrow().get(&key) {
            return *known;
        }
        let answer = self.search_import(path, file);
        self.imported.borrow_mut().insert(key, answer);
        answer
    }

    fn search_import(&self, path: &str, file: usize) -> Option<usize> {
        if path.contains("client_golang/") || !path.contains('/') {
            return None;
        }
        let near = self.packages.get(self.package(file))?.folder;
        let mut best: Option<((usize, usize), usize, bool)> = None;
        for (index, package) in self.packages.iter().enumerate() {
            let common = path
                .rsplit('/')
                .zip(package.folder.trim_start_matches("./").rsplit('/'))
                .take_while(|(a, b)| a == b)
                .count();
            let whole = common > 0 && path.ends_with(package.folder.trim_start_matches("./"));
            if common < 2 && !whole {
                continue;
            }
            let shared = near
                .split('/')
                .zip(package.folder.split('/'))
                .take_while(|(a, b)| a == b)
                .count();
            let rank = (common, shared);
            best = match best {
                Some((known, ..)) if known > rank => best,
                Some((known, at, _)) if known == rank => Some((known, at, true)),
                _ => Some((rank, index, false)),
            };
        }
        best.filter(|(_, _, tie)| !tie).map(|(_, index, _)| index)
    }

    /// The place as each caller of its function makes it, callers of callers included.
    pub(crate) fn contexts(&self, place: &Place, depth: usize) -> Rc<[Place]> {
        let Some(function) = place.function else {
            return Rc::default();
        };
        let key = (place.file, function, depth);
        if let Some(known) = self.contexts.borrow().get(&key) {
            return known.clone();
        }
        let answer: Rc<[Place]> = self.search_callers(place.file, function, depth).into();
        self.contexts.borrow_mut().insert(key, answer.clone());
        answer
    }

    fn search_callers(&self, at: usize, function: FunctionId, depth: usize) -> Vec<Place> {
        let file = &self.files[at];
        let Some(of) = file.functions.get(function.0 as usize) else {
            return Vec::new();
        };
        if of.parameters.is_empty() || depth > 1 {
            return Vec::new();
        }
        let name = if of.name.is_empty() {
            let literal = |binding: &&crate::syntax::Binding<'_>| matches!(file.values.get(binding.value.0 as usize), Some(Value::Function(id)) if *id == function);
            match file.bindings.iter().find(literal) {
                Some(binding) => binding.name,
                None => return Vec::new(),
            }
        } else {
            of.name
        };
        let calls = self.packages[self.package(at)].calls.get(name);
        let mut places = Vec::new();
        for (from, call, around) in calls.into_iter().flatten() {
            let site = Term {
                value: *call,
                place: Place::new(*from, *around),
            };
            let Value::Call { callee, args, .. } = self.value(&site) else {
                continue;
            };
            if self.callee(&site.at(*callee), args.len()) != Some((at, function)) {
                continue;
            }
            let args: Rc<[ValueId]> = args.as_slice().into();
            let callers = self.contexts(&site.place, depth + 1);
            for caller in callers.iter().chain([&site.place]) {
                places.push(Place {
                    file: at,
                    function: Some(function),
                    call: Some(Rc::new(CallOf {
                        function: (at, function),
                        args: args.clone(),
                        place: caller.clone(),
                    })),
                });
            }
        }
        places.truncate(MOST_CALLERS);
        places
    }

    /// What all alternatives of a value agree on.
    pub(crate) fn agreed<T: PartialEq>(&self, term: &Term, read: impl Fn(&Term) -> Option<T>) -> Option<T> {
        if self.open.get() > MAX_NESTING {
            return None;
        }
        if self.open.get() == 0 {
            self.steps.set(0);
        }
        self.open.set(self.open.get() + 1);
        let mut answers = self.resolve(term).into_iter().map(|it| read(&it));
        let first = answers.next().flatten();
        let answer = first.filter(|first| answers.all(|other| other.as_ref() == Some(first)));
        self.open.set(self.open.get() - 1);
        answer
    }
}

impl<'t> Package<'t> {
    /// Adds a file; returns what its functions bind.
    fn add(&mut self, index: usize, file: &File<'t>) -> Locals<'t> {
        let mut locals: Locals<'t> = FxHashMap::default();
        self.files.push(index);
        for binding in &file.bindings {
            match binding.function {
                Some(function) => locals
                    .entry((function, binding.name))
                    .or_default()
                    .push((binding.value, binding.site)),
                None => self
                    .names
                    .entry(binding.name)
                    .or_default()
                    .push((index, binding.value)),
            }
        }
        for (at, binding) in file.fields.iter().enumerate() {
            self.fields.entry(binding.field).or_default().push((index, at));
        }
        for (at, function) in file.functions.iter().enumerate() {
            let id = FunctionId(u32::try_from(at).unwrap_or(u32::MAX));
            if !function.name.is_empty() {
                self.functions.entry(function.name).or_default().push((index, id));
            }
        }
        for (call, around) in &file.calls {
            let Some(Value::Call { callee, .. }) = file.values.get(call.0 as usize) else {
                continue;
            };
            if let Some(Value::Name(name) | Value::Field(_, name)) = file.values.get(callee.0 as usize) {
                self.calls.entry(name).or_default().push((index, *call, *around));
            }
        }
        locals
    }
}

/// Parts joined as client_golang joins them.
pub(crate) fn full_name(namespace: &str, subsystem: &str, name: &str) -> String {
    if name.is_empty() {
        return String::new();
    }
    let parts = [namespace, subsystem, name];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("_")
}
