"""
The Unity Catalog of a Databricks workspace, as far as models go: what its public REST API is documented to do.

With the limits that Databricks documents: three-part names, one condition in a search, whose versions have
neither tags nor aliases, no stages, and tags of 1,000 characters whose keys have no punctuation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

_RESERVED = set(".,-=/:")
_MOST_TAGS = 50
_LONGEST_TAG = 1000
_CONDITION = re.compile(r"(name|run_id) = '([^']*)'")


class Refusal(Exception):
    """What the API answers in place of what was asked for."""

    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.error_code, self.message = status, error_code, message


@dataclass
class Catalog:
    """
    Models in Unity Catalog.

    Attributes:
        aliases: Of each model.
        versions: Of each model, oldest first, as the API shows one of them.
    """

    aliases: dict[str, dict[str, str]] = field(default_factory=dict)
    versions: dict[str, list[Json]] = field(default_factory=dict)

    def tags(self, model: str, version: str) -> dict[str, str]:
        """Return the tags of a version as they are kept."""
        return {tag["key"]: tag["value"] for tag in self.version(model, version)["tags"]}

    def version(self, model: str, version: str) -> Json:
        """Return a version as the API shows it."""
        self.model(model)
        for found in self.versions[model]:
            if found["version"] == version:
                pointing = [alias for alias, number in self.aliases[model].items() if number == version]
                return found | {"aliases": [{"alias": alias, "version": version} for alias in pointing]}
        raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"Model version {version} of {model} does not exist.")

    def model(self, name: str) -> Json:
        """Return a model as the API shows it."""
        if name.count(".") != 2:
            text = f"'{name}' is not a valid name: specify all three levels, catalog.schema.model"
            raise Refusal(400, "INVALID_PARAMETER_VALUE", text)
        if name not in self.aliases:
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"Registered Model '{name}' does not exist.")
        aliases = [{"alias": alias, "version": version} for alias, version in self.aliases[name].items()]
        return {"name": name, "aliases": aliases}

    def create_model(self, fields: Json) -> Json:
        """Make a model."""
        if fields["name"] in self.aliases:
            raise Refusal(
                400, "RESOURCE_ALREADY_EXISTS", f"Registered Model {fields['name']} already exists."
            )
        self.aliases[fields["name"]] = {}
        self.versions[fields["name"]] = []
        return {"registered_model": self.model(fields["name"])}

    def create_version(self, fields: Json) -> Json:
        """Begin a version; its files are not there yet."""
        self.model(fields["name"])
        given = {key: fields[key] for key in ("name", "source", "run_id", "model_id") if key in fields}
        number = str(len(self.versions[fields["name"]]) + 1)
        version: Json = given | {"version": number, "status": "PENDING_REGISTRATION", "tags": []}
        self.versions[fields["name"]].append(version)
        return {"model_version": version}

    def finalize(self, fields: Json) -> Json:
        """Make a version READY."""
        self._kept(fields)["status"] = "READY"
        return self.get_version(fields)

    def get_version(self, fields: Json) -> Json:
        """Return a version."""
        return {"model_version": self.version(fields["name"], fields["version"])}

    def search(self, fields: Json) -> Json:
        """Return the versions that match, without tags and aliases, two on a page."""
        match = _CONDITION.fullmatch(fields["filter"])
        if match is None:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"Unsupported filter: {fields['filter']}")
        every = [version for versions in self.versions.values() for version in versions]
        found = [version for version in every if version.get(match[1]) == match[2]]
        begin = int(fields.get("page_token") or 0)
        shown = [{k: v for k, v in version.items() if k != "tags"} for version in found[begin : begin + 2]]
        more = {"next_page_token": str(begin + 2)} if found[begin + 2 :] else {}
        return {"model_versions": shown, **more}

    def get_alias(self, fields: Json) -> Json:
        """Return the version that an alias points to."""
        self.model(fields["name"])
        number = self.aliases[fields["name"]].get(fields["alias"])
        if number is None:
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"Alias '{fields['alias']}' does not exist.")
        return {"model_version": self.version(fields["name"], number)}

    def set_alias(self, fields: Json) -> Json:
        """Point an alias to a version."""
        self.version(fields["name"], fields["version"])
        self.aliases[fields["name"]][fields["alias"]] = fields["version"]
        return {}

    def delete_alias(self, fields: Json) -> Json:
        """Take an alias away."""
        self.get_alias(fields)
        del self.aliases[fields["name"]][fields["alias"]]
        return {}

    def set_tag(self, fields: Json) -> Json:
        """Set a tag of a version."""
        key, value = fields["key"], fields["value"]
        if bad := sorted(_RESERVED & set(key)):
            text = f"Tag name {key} contains one or more of the reserved characters: {bad}"
            raise Refusal(400, "INVALID_PARAMETER_VALUE", text)
        if len(value) > _LONGEST_TAG or value != value.strip():
            raise Refusal(
                400, "INVALID_PARAMETER_VALUE", f"Tag value of {key} is too long or has spaces around"
            )
        kept = self._kept(fields)
        tags = [tag for tag in kept["tags"] if tag["key"] != key]
        if len(tags) >= _MOST_TAGS:
            raise Refusal(400, "INVALID_PARAMETER_VALUE", f"Cannot assign more than {_MOST_TAGS} tags")
        kept["tags"] = [*tags, {"key": key, "value": value}]
        return {}

    def delete_tag(self, fields: Json) -> Json:
        """Remove a tag of a version."""
        kept = self._kept(fields)
        kept["tags"] = [tag for tag in kept["tags"] if tag["key"] != fields["key"]]
        return {}

    def describe(self, fields: Json) -> Json:
        """Replace a version's description."""
        self._kept(fields)["description"] = fields["description"]
        return self.get_version(fields)

    def _kept(self, fields: Json) -> Json:
        self.version(fields["name"], fields["version"])
        return next(one for one in self.versions[fields["name"]] if one["version"] == fields["version"])


CATALOG_ROUTES: dict[tuple[str, str], Callable[[Catalog, Json], Json]] = {
    ("GET", "registered-models/get"): lambda c, f: {"registered_model": c.model(f["name"])},
    ("POST", "registered-models/create"): Catalog.create_model,
    ("GET", "registered-models/alias"): Catalog.get_alias,
    ("POST", "registered-models/alias"): Catalog.set_alias,
    ("DELETE", "registered-models/alias"): Catalog.delete_alias,
    ("GET", "model-versions/get"): Catalog.get_version,
    ("GET", "model-versions/search"): Catalog.search,
    ("POST", "model-versions/create"): Catalog.create_version,
    ("POST", "model-versions/finalize"): Catalog.finalize,
    ("PATCH", "model-versions/update"): Catalog.describe,
    ("POST", "model-versions/set-tag"): Catalog.set_tag,
    ("DELETE", "model-versions/delete-tag"): Catalog.delete_tag,
    # Uploads through the Files API, which is the same on every cloud.
    ("GET", "registered-models:is-databricks-sdk-models-artifact-repository-enabled"): lambda _, __: {
        "is_databricks_sdk_models_artifact_repository_enabled": True
    },
}
"""By method and path below ``unity-catalog``."""
