"""The way to the Kubernetes API from outside of a pod: whatever a kubeconfig names, by the ``kubernetes`` package."""

from collections.abc import Mapping
from pathlib import Path

import urllib3
from kubernetes.client.api_client import ApiClient
from kubernetes.client.configuration import Configuration
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException, load_kube_config

from innodb_cluster.effects.kubernetes.transport import (
    CONNECT_TIMEOUT_SECONDS,
    CONNECTIONS,
    READ_TIMEOUT_SECONDS,
    USER_AGENT,
    Document,
    decoded,
    headers_for,
    lenient_context,
    no_answer,
    retries,
    target,
)
from innodb_cluster.model.errors import ConfigurationError


class KubeconfigTransport:
    """The real API, as a person or a test reaches it."""

    def __init__(self, file: Path | None = None) -> None:
        """Find the API: by this kubeconfig, else by KUBECONFIG."""
        configuration = _found_configuration(file)
        configuration.retries = retries()
        configuration.connection_pool_maxsize = CONNECTIONS
        self._client = ApiClient(configuration)
        self._client.rest_client.pool_manager.connection_pool_kw["ssl_context"] = lenient_context()
        self._client.user_agent = USER_AGENT

    def send(
        self, method: str, path: str, query: Mapping[str, str], body: Document | None
    ) -> tuple[int, Document]:
        """Send a request; see the protocol."""
        request = self._client.param_serialize(
            method,
            target(path, query),
            header_params=headers_for(method, body),
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            response = self._client.call_api(
                *request, _request_timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
            )
            data = response.read()  # type: ignore[no-untyped-call]
        except (ApiException, urllib3.exceptions.HTTPError, OSError) as error:
            raise no_answer(error) from error
        return response.status, decoded(data)


def _found_configuration(file: Path | None) -> Configuration:
    configuration = Configuration()
    try:
        load_kube_config(config_file=str(file) if file else None, client_configuration=configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        raise ConfigurationError(
            f"there is no way to the Kubernetes API: {error}", "run in a pod, or set KUBECONFIG"
        ) from error
    return configuration
