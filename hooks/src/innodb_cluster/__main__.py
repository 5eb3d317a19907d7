"""``python -m innodb_cluster`` is the ``innodb-cluster`` command."""

from innodb_cluster.cli import main

if __name__ == "__main__":
    main()
